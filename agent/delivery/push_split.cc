#include "agent/delivery/push_split.h"

#include <snappy.h>

#include <string>
#include <string_view>

#include "agent/delivery/protobuf_wire.h"

namespace lokitail::agent {
namespace {

// Reads length-delimited fields one by one; nothing else occurs in what is cut here.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  bool next(unsigned& field, std::string_view& content) {
    if (rest_.empty()) return false;
    const auto tag = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    std::uint64_t size = 0;
    if ((tag & 7) != 2 || !read_varint(size) || size > rest_.size()) return fail();
    field = tag >> 3;
    content = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool failed() const { return failed_; }

 private:
  bool read_varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool fail() {
    failed_ = true;
    return false;
  }

  std::string_view rest_;
  bool failed_ = false;
};

// Puts one half together, stream by stream.
class Half {
 public:
  void begin_stream(std::string_view labels) {
    labels_ = labels;
    entries_of_stream_.clear();
  }
  void add_entry(std::string_view entry) {
    append_field(entries_of_stream_, 2, entry);
    ++entries_;
    bytes_ += entry.size();
  }
  void end_stream() {
    if (entries_of_stream_.empty()) return;
    std::string stream;
    append_field(stream, 1, labels_);
    stream += entries_of_stream_;
    append_field(request_, 1, stream);
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t entries() const { return entries_; }

  std::unique_ptr<Push> finish(const Push& whole) const {
    auto push = std::make_unique<Push>();
    push->tenant = whole.tenant;
    push->entries = entries_;
    push->raw_bytes = request_.size();
    push->receipt = whole.receipt;
    snappy::Compress(request_.data(), request_.size(), &push->body);
    push->body.shrink_to_fit();
    return push;
  }

 private:
  static void append_field(std::string& out, unsigned field, std::string_view content) {
    const std::size_t before = out.size();
    out.resize(before + wire::bytes_field_size(content.size()));
    wire::put_bytes_field(out.data() + before, field, content);
  }

  std::string_view labels_;
  std::string entries_of_stream_;
  std::string request_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::pair<std::unique_ptr<Push>, std::unique_ptr<Push>> split_push(const Push& push) {
  std::string raw;
  if (!snappy::Uncompress(push.body.data(), push.body.size(), &raw)) return {};
  Half first;
  Half second;
  std::size_t taken = 0;
  // Half of the entries, or fewer if they make half of the bytes already; at least one, and not all.
  const auto belongs_to_first = [&] {
    return taken == 0 || (2 * taken < push.entries && first.bytes() < raw.size() / 2);
  };

  FieldReader streams(raw);
  unsigned field = 0;
  std::string_view stream;
  while (streams.next(field, stream)) {
    FieldReader parts(stream);
    std::string_view part;
    std::string_view labels;
    while (parts.next(field, part)) {
      if (field == 1) {
        labels = part;
        first.begin_stream(labels);
        second.begin_stream(labels);
      } else {
        (belongs_to_first() ? first : second).add_entry(part);
        ++taken;
      }
    }
    if (parts.failed()) return {};
    first.end_stream();
    second.end_stream();
  }
  if (streams.failed() || first.entries() == 0 || second.entries() == 0) return {};
  push.receipt->add_part();
  return {first.finish(push), second.finish(push)};
}

}  // namespace lokitail::agent
