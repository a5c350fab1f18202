#include "agent/delivery/batch.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "agent/delivery/protobuf_wire.h"
#include "pipeline/label_text.h"

namespace lokitail::agent {
namespace {

constexpr std::int64_t kNothingSent = std::numeric_limits<std::int64_t>::min();

// Loki refuses entries that lie more than max_chunk_age/2 (one hour by default) behind the newest of
// their stream. A quarter of that is "catching up".
constexpr std::int64_t kTravelsAloneSeconds = 15 * 60;
// A batch is never scattered into more requests than this.
constexpr std::size_t kMostTravellingAlone = 16;

// Ahead of each entry in the buffer.
struct EntryHeader {
  std::uint32_t next;  // offset of the stream's next entry; 0 for none, as 0 is the first of all
  std::uint32_t size;
};

// Field numbers of logproto.
constexpr unsigned kStreams = 1;
constexpr unsigned kStreamLabels = 1;
constexpr unsigned kStreamEntries = 2;
constexpr unsigned kEntryTimestamp = 1;
constexpr unsigned kEntryLine = 2;
constexpr unsigned kEntryMetadata = 3;

struct EntrySizes {
  std::size_t timestamp;
  std::size_t entry;
};

std::size_t metadata_size(const pipeline::Metadata& pair) {
  return wire::bytes_field_size(pair.name.size()) + wire::bytes_field_size(pair.value.size());
}

EntrySizes sizes_of(std::string_view line, const pipeline::Entry& entry) {
  EntrySizes sizes{};
  const auto seconds = static_cast<std::uint64_t>(entry.timestamp.seconds);
  const auto nanoseconds = static_cast<std::uint64_t>(entry.timestamp.nanoseconds);
  if (seconds != 0) sizes.timestamp += 1 + wire::varint_size(seconds);
  if (nanoseconds != 0) sizes.timestamp += 1 + wire::varint_size(nanoseconds);
  sizes.entry = wire::bytes_field_size(sizes.timestamp) + wire::bytes_field_size(line.size());
  for (const auto& pair : entry.structured_metadata) {
    sizes.entry += wire::bytes_field_size(metadata_size(pair));
  }
  return sizes;
}

char* put_timestamp(char* out, pipeline::Timestamp timestamp, std::size_t size) {
  *out++ = wire::length_delimited_tag(kEntryTimestamp);
  out = wire::put_varint(out, size);
  if (timestamp.seconds != 0) {
    *out++ = wire::varint_tag(1);
    out = wire::put_varint(out, static_cast<std::uint64_t>(timestamp.seconds));
  }
  if (timestamp.nanoseconds != 0) {
    *out++ = wire::varint_tag(2);
    out = wire::put_varint(out, static_cast<std::uint64_t>(timestamp.nanoseconds));
  }
  return out;
}

void put_entry(char* out, std::string_view line, const pipeline::Entry& entry, const EntrySizes& sizes) {
  *out++ = wire::length_delimited_tag(kStreamEntries);
  out = wire::put_varint(out, sizes.entry);
  out = put_timestamp(out, entry.timestamp, sizes.timestamp);
  out = wire::put_bytes_field(out, kEntryLine, line);
  for (const auto& pair : entry.structured_metadata) {
    *out++ = wire::length_delimited_tag(kEntryMetadata);
    out = wire::put_varint(out, metadata_size(pair));
    out = wire::put_bytes_field(out, 1, pair.name);
    out = wire::put_bytes_field(out, 2, pair.value);
  }
}

}  // namespace

void ByteBuffer::reserve(std::size_t capacity) {
  constexpr std::size_t kFirst = 16 * 1024;
  capacity = std::max(capacity, kFirst);
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_);
  data_ = std::move(grown);
  capacity_ = capacity;
}

std::int64_t StreamHistory::newest(std::uint64_t stream) const {
  if (const auto found = young_.find(stream); found != young_.end()) return found->second;
  if (const auto found = old_.find(stream); found != old_.end()) return found->second;
  return kNothingSent;
}

void StreamHistory::record(std::uint64_t stream, std::int64_t seconds) {
  if (young_.size() >= kStreamsPerGeneration) {
    old_.swap(young_);
    young_.clear();
  }
  young_[stream] = seconds;
}

std::size_t Batch::size_of(std::string_view line, const pipeline::Entry& entry) const {
  std::size_t size = line.size();
  for (const auto& pair : entry.structured_metadata) size += metadata_size(pair);
  return size;
}

void Batch::add(const pipeline::Labels& labels, std::string_view line, const pipeline::Entry& entry) {
  Stream& stream = find_or_add(labels);

  const EntrySizes sizes = sizes_of(line, entry);
  const std::size_t field = wire::bytes_field_size(sizes.entry);
  const auto offset = static_cast<std::uint32_t>(entry_bytes_.size());
  char* const start = entry_bytes_.grow(sizeof(EntryHeader) + field);
  const EntryHeader header{0, static_cast<std::uint32_t>(field)};
  std::memcpy(start, &header, sizeof header);
  put_entry(start + sizeof header, line, entry, sizes);

  if (stream.entry_count++ == 0) {
    stream.first_entry = offset;
  } else {
    std::memcpy(entry_bytes_.data() + stream.last_entry + offsetof(EntryHeader, next), &offset,
                sizeof offset);
  }
  stream.last_entry = offset;
  stream.entry_size += field;
  const std::int64_t seconds = entry.timestamp.seconds;
  if (seconds >= stream.newest) {
    stream.newest = seconds;
  } else {
    stream.behind = std::max(stream.behind, stream.newest - seconds);
  }

  ++entries_;
  bytes_ += size_of(line, entry);
}

std::uint32_t Batch::find(const pipeline::Labels& labels, std::uint64_t& hash) const {
  // Two sets of labels with one hash are kept apart by probing the following hashes.
  for (hash = labels.hash();; ++hash) {
    const auto found = index_.find(hash);
    if (found == index_.end()) return kNone;
    if (same_labels(streams_[found->second], labels)) return found->second;
  }
}

bool Batch::contains(const pipeline::Labels& labels) const {
  std::uint64_t hash = 0;
  return find(labels, hash) != kNone;
}

Batch::Stream& Batch::find_or_add(const pipeline::Labels& labels) {
  std::uint64_t hash = 0;
  if (const std::uint32_t found = find(labels, hash); found != kNone) return streams_[found];

  index_.emplace(hash, static_cast<std::uint32_t>(streams_.size()));
  Stream& stream = streams_.emplace_back();
  stream.hash = hash;
  stream.newest = history_.newest(hash);
  stream.first_label = static_cast<std::uint32_t>(labels_.size());
  stream.label_count = static_cast<std::uint32_t>(labels.size());
  for (const pipeline::Label& label : labels) {
    labels_.push_back({label.name, static_cast<std::uint32_t>(label_bytes_.size()),
                       static_cast<std::uint32_t>(label.value.size())});
    if (label.value.empty()) continue;
    std::memcpy(label_bytes_.grow(label.value.size()), label.value.data(), label.value.size());
  }
  return stream;
}

bool Batch::same_labels(const Stream& stream, const pipeline::Labels& labels) const {
  if (stream.label_count != labels.size()) return false;
  const auto equal = [this](const StoredLabel& stored, const pipeline::Label& label) {
    return stored.name == label.name && label_bytes_.view().substr(stored.begin, stored.size) == label.value;
  };
  const StoredLabel* stored = labels_.data() + stream.first_label;
  for (const pipeline::Label& label : labels) {
    // Nearly always in the same order; otherwise look for the name.
    if (!equal(*stored, label)) {
      const StoredLabel* const begin = labels_.data() + stream.first_label;
      const auto matches = [&](const StoredLabel& other) { return equal(other, label); };
      if (std::none_of(begin, begin + stream.label_count, matches)) return false;
    }
    ++stored;
  }
  return true;
}

bool Batch::next_request(ByteBuffer& scratch, Request& request, std::size_t parts) {
  if (handed_out_ == 0) order_streams(parts);
  if (handed_out_ == order_.size()) return false;
  const auto part = [this, parts](std::size_t i) { return streams_[order_[i]].hash % parts; };
  const std::size_t first = handed_out_;
  scratch.clear();
  request.entries = 0;
  request.streams.clear();
  do {
    const Stream& stream = streams_[order_[handed_out_++]];
    append_stream(stream, scratch);
    request.entries += stream.entry_count;
    request.streams.push_back(stream_id(label_text_));
    history_.record(stream.hash, stream.newest);
  } while (handed_out_ < together_ && part(handed_out_) == part(first));
  request.body = scratch.view();
  return true;
}

void Batch::order_streams(std::size_t parts) {
  order_.resize(streams_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
  const auto behind = [this](std::uint32_t i) { return streams_[i].behind; };
  std::ranges::stable_sort(order_, {}, behind);
  together_ = order_.size();
  while (together_ > 0 && order_.size() - together_ < kMostTravellingAlone &&
         behind(order_[together_ - 1]) > kTravelsAloneSeconds) {
    --together_;
  }
  if (parts == 1) return;
  std::stable_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(together_),
                   [&](std::uint32_t left, std::uint32_t right) {
                     return streams_[left].hash % parts < streams_[right].hash % parts;
                   });
}

void Batch::append_stream(const Stream& stream, ByteBuffer& out) {
  write_label_text(stream);
  const std::size_t size = wire::bytes_field_size(label_text_.size()) + stream.entry_size;
  char* at = out.grow(wire::bytes_field_size(size));
  *at++ = wire::length_delimited_tag(kStreams);
  at = wire::put_varint(at, size);
  at = wire::put_bytes_field(at, kStreamLabels, label_text_);
  for (std::uint32_t offset = stream.first_entry, i = 0; i < stream.entry_count; ++i) {
    EntryHeader header;
    const char* const entry = entry_bytes_.data() + offset;
    std::memcpy(&header, entry, sizeof header);
    std::memcpy(at, entry + sizeof header, header.size);
    at += header.size;
    offset = header.next;
  }
}

void Batch::write_label_text(const Stream& stream) {
  sorted_labels_.clear();
  for (std::uint32_t i = 0; i < stream.label_count; ++i) {
    const StoredLabel& label = labels_[stream.first_label + i];
    sorted_labels_.emplace_back(symbols_.name(label.name),
                                label_bytes_.view().substr(label.begin, label.size));
  }
  std::ranges::sort(sorted_labels_);
  label_text_.clear();
  pipeline::append_label_text(label_text_, sorted_labels_);
}

void Batch::clear() {
  // A buffer that was used to a small part only is given back: at low rates memory stays low.
  constexpr std::size_t kSmall = 64 * 1024;
  if (entry_bytes_.capacity() > kSmall && entry_bytes_.size() < entry_bytes_.capacity() / 4) {
    entry_bytes_.release();
  }
  entry_bytes_.clear();
  label_bytes_.clear();
  labels_.clear();
  streams_.clear();
  index_.clear();
  order_.clear();
  handed_out_ = together_ = 0;
  bytes_ = entries_ = 0;
}

void Batch::release_memory() {
  entry_bytes_.release();
  label_bytes_.release();
  labels_ = {};
  streams_ = {};
  index_ = {};
  order_ = {};
  sorted_labels_ = {};
}

}  // namespace lokitail::agent
