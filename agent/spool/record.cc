#include "agent/spool/record.h"

#include <bit>
#include <cstring>

#include "agent/spool/crc32c.h"

namespace lokitail::agent {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kFixedContent = 24;

template <typename Number>
void append_number(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

// Takes a number off the front. REQUIRES: that many bytes.
template <typename Number>
Number take(std::string_view& bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

}  // namespace

std::string encode_record(const SpoolRecord& record, std::uint64_t sequence) {
  const std::size_t content = kFixedContent + 4 * record.streams.size() + record.body.size();
  std::string out(kSpoolRecordMagic);
  out.reserve(kSpoolHeadBytes + content);
  append_number(out, static_cast<std::uint32_t>(content));
  const std::size_t place_of_checksum = out.size();
  append_number(out, std::uint32_t{0});
  const std::size_t checked = out.size();
  append_number(out, sequence);
  append_number(out, record.written_at);
  append_number(out, record.raw_bytes);
  append_number(out, record.entries);
  append_number(out, static_cast<std::uint32_t>(record.streams.size()));
  for (const std::uint32_t stream : record.streams) append_number(out, stream);
  out += record.body;
  const std::uint32_t sum = crc32c(std::string_view(out).substr(checked));
  std::memcpy(out.data() + place_of_checksum, &sum, sizeof sum);
  return out;
}

std::optional<SpoolHead> decode_head(std::string_view bytes) {
  if (!bytes.starts_with(kSpoolRecordMagic)) return std::nullopt;
  bytes.remove_prefix(kSpoolRecordMagic.size());
  SpoolHead head;
  head.size = take<std::uint32_t>(bytes);
  head.checksum = take<std::uint32_t>(bytes);
  head.sequence = take<std::uint64_t>(bytes);
  if (head.size < kFixedContent || head.size > kMostSpoolContent) return std::nullopt;
  return head;
}

std::optional<SpoolRecord> decode_content(const SpoolHead& head, std::string_view bytes) {
  std::string number;
  append_number(number, head.sequence);
  if (crc32c(number, bytes) != head.checksum) return std::nullopt;
  SpoolRecord record;
  record.written_at = take<std::int64_t>(bytes);
  record.raw_bytes = take<std::uint64_t>(bytes);
  record.entries = take<std::uint32_t>(bytes);
  const auto streams = take<std::uint32_t>(bytes);
  if (streams > bytes.size() / 4) return std::nullopt;
  record.streams.reserve(streams);
  for (std::uint32_t i = 0; i < streams; ++i) record.streams.push_back(take<std::uint32_t>(bytes));
  record.body = bytes;
  return record;
}

}  // namespace lokitail::agent
