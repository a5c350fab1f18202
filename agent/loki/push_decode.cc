#include "agent/loki/push_decode.h"

#include <limits>
#include <utility>

#include <snappy.h>

#include "agent/loki/protobuf_reader.h"
#include "agent/loki/push.pb.h"

namespace lokitail::agent {
namespace {

// The longest message that protobuf reads.
constexpr std::size_t kMostBytes = std::numeric_limits<int>::max();

PushResult malformed(std::string message) { return {PushError::kMalformed, std::move(message)}; }

// Calls `field` for each text or message in `message`.
template <typename Field>
bool for_each_field(std::string_view message, Field field) {
  ProtobufReader reader(message);
  while (reader.next()) {
    if (reader.is_bytes() && !field(reader.number(), reader.bytes())) return false;
  }
  return reader.sound();
}

bool measure_entry(std::string_view entry, PushSize& size) {
  return for_each_field(entry, [&size](int number, std::string_view content) {
    if (number == logproto::EntryAdapter::kLineFieldNumber) size.line_bytes += content.size();
    if (number == logproto::EntryAdapter::kStructuredMetadataFieldNumber) ++size.pairs;
    return true;
  });
}

bool measure_stream(std::string_view stream, PushSize& size) {
  return for_each_field(stream, [&size](int number, std::string_view content) {
    if (number != logproto::StreamAdapter::kEntriesFieldNumber) return true;
    ++size.entries;
    return measure_entry(content, size);
  });
}

bool take_timestamp(const logproto::Timestamp& from, pipeline::Timestamp& to) {
  if (from.nanos() < 0 || from.nanos() >= pipeline::kNanosecondsPerSecond) return false;
  to = {from.seconds(), from.nanos()};
  return true;
}

// Moves the content of `from`.
bool take_entry(logproto::EntryAdapter& from, PushEntry& to) {
  if (!take_timestamp(from.timestamp(), to.timestamp)) return false;
  to.line = std::move(*from.mutable_line());
  to.structured_metadata.reserve(static_cast<std::size_t>(from.structuredmetadata_size()));
  for (logproto::LabelPairAdapter& pair : *from.mutable_structuredmetadata()) {
    to.structured_metadata.push_back({std::move(*pair.mutable_name()), std::move(*pair.mutable_value())});
  }
  return true;
}

bool take_request(logproto::PushRequest& from, DecodedPush& to) {
  to.streams.reserve(static_cast<std::size_t>(from.streams_size()));
  for (logproto::StreamAdapter& stream : *from.mutable_streams()) {
    PushStream& taken = to.streams.emplace_back();
    taken.labels = std::move(*stream.mutable_labels());
    taken.entries.reserve(static_cast<std::size_t>(stream.entries_size()));
    for (logproto::EntryAdapter& entry : *stream.mutable_entries()) {
      if (!take_entry(entry, taken.entries.emplace_back())) return false;
    }
  }
  return true;
}

}  // namespace

std::size_t DecodedPush::entry_count() const {
  std::size_t count = 0;
  for (const PushStream& stream : streams) count += stream.entries.size();
  return count;
}

PushResult uncompress_push(std::string_view body, const PushLimits& limits, std::string& message) {
  std::size_t bytes = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &bytes)) {
    return malformed("snappy: corrupt input");
  }
  if (bytes > limits.bytes || bytes > kMostBytes) {
    return {PushError::kTooLarge, "message size too large than max (" + std::to_string(bytes) + " vs " +
                                      std::to_string(limits.bytes) + ")"};
  }
  // A promise that no body of this size can keep would still cost the memory: a snappy element of 3
  // bytes makes at most 64.
  if (bytes / 64 > body.size()) return malformed("snappy: corrupt input");
  if (!snappy::Uncompress(body.data(), body.size(), &message)) {
    return malformed("snappy: corrupt input");
  }
  return {};
}

PushResult measure_push(std::string_view message, const PushLimits& limits, PushSize& size) {
  size = {};
  size.bytes = message.size();
  if (message.size() > kMostBytes) return {PushError::kTooLarge, "message size too large"};
  bool too_many = false;
  const bool sound = for_each_field(message, [&](int number, std::string_view content) {
    if (number != logproto::PushRequest::kStreamsFieldNumber) return true;
    ++size.streams;
    if (!measure_stream(content, size)) return false;
    too_many = size.streams + size.entries + size.pairs > limits.parts;
    return !too_many;
  });
  if (too_many) {
    return {PushError::kTooLarge, "more than " + std::to_string(limits.parts) +
                                      " streams, entries and pairs of structured metadata"};
  }
  return sound ? PushResult{} : malformed("proto: malformed push request");
}

PushResult decode_message(std::string_view message, DecodedPush& push) {
  push.streams.clear();
  logproto::PushRequest request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return malformed("proto: malformed push request");
  }
  if (!take_request(request, push)) {
    push.streams.clear();
    return malformed("proto: timestamp out of range");
  }
  return {};
}

PushResult decode_push(std::string_view body, const PushLimits& limits, DecodedPush& push) {
  push.streams.clear();
  std::string message;
  PushSize size;
  PushResult result = uncompress_push(body, limits, message);
  if (result) result = measure_push(message, limits, size);
  return result ? decode_message(message, push) : result;
}

}  // namespace lokitail::agent
