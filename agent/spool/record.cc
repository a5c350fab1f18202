#include "agent/spool/record.h"

#include <boost/crc.hpp>

#include <bit>
#include <cstring>

namespace lokitail::agent {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kFixedContent = 24;

template <typename Number>
void append(std::string& out, Number number) {
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

std::uint32_t checksum(std::string_view first, std::string_view second) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  sum.process_bytes(first.data(), first.size());
  sum.process_bytes(second.data(), second.size());
  return sum.checksum();
}

std::string encode_record(const SpoolRecord& record, std::uint64_t sequence) {
  std::string content;
  content.reserve(kFixedContent + 4 * record.streams.size() + record.body.size());
  append(content, record.written_at);
  append(content, record.raw_bytes);
  append(content, record.entries);
  append(content, static_cast<std::uint32_t>(record.streams.size()));
  for (const std::uint32_t stream : record.streams) append(content, stream);
  content += record.body;

  std::string number;
  append(number, sequence);
  std::string out(kSpoolRecordMagic);
  out.reserve(kSpoolHeadBytes + content.size());
  append(out, static_cast<std::uint32_t>(content.size()));
  append(out, checksum(number, content));
  return out + number + content;
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
  append(number, head.sequence);
  if (checksum(number, bytes) != head.checksum) return std::nullopt;
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
