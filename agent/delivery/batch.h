// The open batch of one tenant: entries already in their protobuf form, by stream.
//
// Entries of all streams lie one behind another in a single buffer, each with the offset of the next
// one of its stream. So a stream costs no buffer of its own (a label such as trace_id makes a stream
// every few lines), and memory is that of the batch however many streams there are.
//
// Within a push Loki answers for the last stream only (seen on 2.9.3: an earlier stream's refusal is
// overwritten by a later one's success). Therefore the stream most at risk of refusal, that is the
// one with the oldest entry compared with what was already sent of it, is written last, and a stream
// that is far behind what was sent of it travels alone.
//
// Wire format: logproto.PushRequest, https://github.com/grafana/loki/blob/main/pkg/push/push.proto
//
// Threads: belongs to one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "agent/delivery/stream_id.h"
#include "pipeline/entry.h"

namespace lokitail::agent {

// Bytes that only grow and are forgotten all at once; unlike a vector it does not clear what it hands
// out.
class ByteBuffer {
 public:
  char* grow(std::size_t bytes) {
    if (size_ + bytes > capacity_) reserve(std::max(2 * capacity_, size_ + bytes));
    char* const start = data_.get() + size_;
    size_ += bytes;
    return start;
  }
  void clear() { size_ = 0; }
  void release() {
    data_.reset();
    size_ = capacity_ = 0;
  }
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_.get(), size_}; }

 private:
  void reserve(std::size_t capacity);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// The newest timestamp sent of each stream lately, by the hash of its labels. Bounded: streams not
// seen for a while are forgotten.
class StreamHistory {
 public:
  // Seconds since the epoch; INT64_MIN where nothing is known.
  std::int64_t newest(std::uint64_t stream) const;
  void record(std::uint64_t stream, std::int64_t seconds);

 private:
  static constexpr std::size_t kStreamsPerGeneration = 4096;
  boost::unordered_flat_map<std::uint64_t, std::int64_t> young_;
  boost::unordered_flat_map<std::uint64_t, std::int64_t> old_;
};

class Batch {
 public:
  explicit Batch(const pipeline::SymbolTable& symbols) : symbols_(symbols) {}

  // Adds `line` with the timestamp and structured metadata of `entry` to the stream of `labels`.
  void add(const pipeline::Labels& labels, std::string_view line, const pipeline::Entry& entry);
  // What such an entry would add to bytes().
  std::size_t size_of(std::string_view line, const pipeline::Entry& entry) const;
  bool contains(const pipeline::Labels& labels) const;

  // As Promtail measures it: bytes of lines and structured metadata, without labels and timestamps.
  std::size_t bytes() const { return bytes_; }
  std::size_t entries() const { return entries_; }
  std::size_t streams() const { return streams_.size(); }
  bool empty() const { return entries_ == 0; }

  // One PushRequest, uncompressed.
  struct Request {
    std::string_view body;  // valid until the next call of next_request() or clear()
    std::size_t entries;
    std::vector<StreamId> streams;
  };
  // Hands out the batch, one request at a time (nearly always there is one only), then returns
  // false. `scratch` is where the body is put together. Streams are shared out to `parts` requests,
  // the same ones to the same part each time, so that these may be sent side by side.
  bool next_request(ByteBuffer& scratch, Request& request, std::size_t parts = 1);
  // REQUIRES: next_request() has returned false, or the entries are to be thrown away.
  void clear();
  // Lets go of the memory that is kept for later entries. REQUIRES: empty.
  void release_memory();

 private:
  struct StoredLabel {
    pipeline::Symbol name;
    std::uint32_t begin;  // in label_bytes_
    std::uint32_t size;
  };
  struct Stream {
    std::uint64_t hash = 0;
    std::uint32_t first_label = 0;
    std::uint32_t label_count = 0;
    std::uint32_t first_entry = 0;  // offset in entry_bytes_
    std::uint32_t last_entry = 0;
    std::uint32_t entry_count = 0;
    std::uint64_t entry_size = 0;  // of all entries
    std::int64_t newest = 0;       // seconds; of what was sent before and of the entries so far
    std::int64_t behind = 0;       // seconds: the most that an entry lies behind `newest`
  };

  // The index of the stream, or kNone; `hash` is then where it would be.
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t find(const pipeline::Labels& labels, std::uint64_t& hash) const;
  Stream& find_or_add(const pipeline::Labels& labels);
  bool same_labels(const Stream& stream, const pipeline::Labels& labels) const;
  void order_streams(std::size_t parts);
  void append_stream(const Stream& stream, ByteBuffer& out);
  void write_label_text(const Stream& stream);

  const pipeline::SymbolTable& symbols_;
  ByteBuffer entry_bytes_;
  ByteBuffer label_bytes_;
  std::vector<StoredLabel> labels_;
  std::vector<Stream> streams_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> index_;
  StreamHistory history_;
  std::size_t bytes_ = 0;
  std::size_t entries_ = 0;
  std::vector<std::uint32_t> order_;  // of streams, when being handed out
  std::size_t handed_out_ = 0;        // how many of order_
  std::size_t together_ = 0;          // how many of order_, from the first, travel together
  std::vector<std::pair<std::string_view, std::string_view>> sorted_labels_;
  std::string label_text_;
};

}  // namespace lokitail::agent
