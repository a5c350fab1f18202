#include "agent/delivery/push_split.h"

#include <snappy.h>

#include <string>
#include <string_view>
#include <vector>

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

// Puts a part together, stream by stream.
class Part {
 public:
  void begin_stream(std::string_view labels) {
    labels_ = labels;
    entries_of_stream_.clear();
  }
  void add(std::string_view entry) {
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
    streams_.push_back(stream_id(labels_));
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t entries() const { return entries_; }

  std::unique_ptr<Push> finish(const Push& whole) const {
    auto push = std::make_unique<Push>();
    push->tenant = whole.tenant;
    push->entries = entries_;
    push->raw_bytes = request_.size();
    push->streams = StreamIds(streams_);
    push->receipt = whole.receipt;
    push->can_be_read_again = whole.can_be_read_again;
    push->is_awaited = whole.is_awaited;
    push->in_budget = whole.in_budget;
    push->is_loaded = whole.is_loaded;
    push->trace = whole.trace;
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
  std::vector<StreamId> streams_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

// `belongs_to_first` is asked with the first part as it is so far, and the size of the whole.
template <typename Predicate>
PushPair cut(const Push& push, Predicate belongs_to_first) {
  std::string raw;
  if (!snappy::Uncompress(push.body.data(), push.body.size(), &raw)) return {};
  Part first;
  Part second;
  FieldReader streams(raw);
  unsigned field = 0;
  std::string_view stream;
  std::size_t index = 0;
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
        const EntryInPush entry{index++, labels, part};
        (belongs_to_first(first, entry, raw.size()) ? first : second).add(part);
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

}  // namespace

PushPair partition_push(const Push& push, const std::function<bool(const EntryInPush&)>& wanted) {
  return cut(push, [&](const Part&, const EntryInPush& entry, std::size_t) { return wanted(entry); });
}

// Half of the entries, or fewer if they make half of the bytes already; at least one, and not all.
PushPair halve_push(const Push& push) {
  return cut(push, [&](const Part& first, const EntryInPush& entry, std::size_t bytes) {
    return entry.index == 0 || (2 * entry.index < push.entries && first.bytes() < bytes / 2);
  });
}

}  // namespace lokitail::agent
