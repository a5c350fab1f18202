#include "agent/source/push/push_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <snappy.h>

#include "agent/loki/protobuf_reader.h"
#include "agent/loki/push.pb.h"
#include "agent/source/decompressor.h"
#include "agent/source/push/push_parts.h"
#include "pipeline/lang/label_set.h"

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;

PushResult too_large(std::size_t most_bytes) {
  return {PushError::kTooLarge,
          "the body is larger than " + std::to_string(most_bytes) + " bytes when it is unpacked"};
}

// Where there is a head of zlib it is one: that these two bytes begin something else is hardly possible.
Compression deflate_of(std::string_view body) {
  if (body.size() < 2) return Compression::kDeflate;
  const unsigned head = static_cast<unsigned char>(body[0]) * 256u + static_cast<unsigned char>(body[1]);
  return (head & 0x0F00u) == 0x0800u && head % 31 == 0 ? Compression::kZlib : Compression::kDeflate;
}

class ProtobufPush {
 public:
  ProtobufPush(const PushReading& reading, ReceivedBlock& block)
      : reading_(reading), parts_(reading), block_(block) {}

  PushResult read(std::string_view message) {
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() != logproto::PushRequest::kStreamsFieldNumber || !reader.is_bytes()) continue;
      if (PushResult result = read_stream(reader.bytes()); !result) return result;
    }
    return reader.sound() ? PushResult{} : broken();
  }

 private:
  static PushResult broken() { return malformed_push("proto: malformed push request"); }

  PushResult read_stream(std::string_view stream) {
    if (!parts_.take()) return parts_.too_many();
    std::string_view labels;
    ProtobufReader reader(stream);
    while (reader.next()) {
      if (reader.number() == logproto::StreamAdapter::kLabelsFieldNumber) labels = reader.bytes();
    }
    if (!reader.sound()) return broken();
    if (const std::string problem = pipeline::lang::read_label_set(labels, block_.arena(), labels_);
        !problem.empty()) {
      return malformed_push("error parsing labels of a stream: " + problem);
    }
    block_.begin_group(labels_, reading_.tenant);
    ProtobufReader entries(stream);
    while (entries.next()) {
      if (entries.number() != logproto::StreamAdapter::kEntriesFieldNumber || !entries.is_bytes()) continue;
      if (PushResult result = read_entry(entries.bytes()); !result) return result;
    }
    return {};
  }

  PushResult read_entry(std::string_view entry) {
    if (!parts_.take()) return parts_.too_many();
    std::string_view line;
    Timestamp time;
    ReceivedBlock::Pairs metadata;
    ProtobufReader reader(entry);
    while (reader.next()) {
      switch (reader.number()) {
        case logproto::EntryAdapter::kTimestampFieldNumber:
          if (!read_time(reader.bytes(), time)) return broken();
          break;
        case logproto::EntryAdapter::kLineFieldNumber:
          line = reader.bytes();
          break;
        case logproto::EntryAdapter::kStructuredMetadataFieldNumber:
          if (!parts_.take()) return parts_.too_many();
          if (!read_pair(reader.bytes(), metadata)) return broken();
          break;
        default:
          break;
      }
    }
    if (!reader.sound()) return broken();
    block_.add_kept(line, reading_.keeps_times ? std::optional(time) : std::nullopt, std::move(metadata));
    return {};
  }

  static bool read_time(std::string_view message, Timestamp& time) {
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == logproto::Timestamp::kSecondsFieldNumber) {
        time.seconds = static_cast<std::int64_t>(reader.value());
      } else if (reader.number() == logproto::Timestamp::kNanosFieldNumber) {
        const auto nanoseconds = static_cast<std::int64_t>(reader.value());
        if (nanoseconds < 0 || nanoseconds >= pipeline::kNanosecondsPerSecond) return false;
        time.nanoseconds = static_cast<std::int32_t>(nanoseconds);
      }
    }
    return reader.sound();
  }

  static bool read_pair(std::string_view message, ReceivedBlock::Pairs& metadata) {
    auto& [name, value] = metadata.emplace_back();
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == logproto::LabelPairAdapter::kNameFieldNumber) name = reader.bytes();
      if (reader.number() == logproto::LabelPairAdapter::kValueFieldNumber) value = reader.bytes();
    }
    return reader.sound();
  }

  const PushReading& reading_;
  PushParts parts_;
  ReceivedBlock& block_;
  ReceivedBlock::Pairs labels_;
};

}  // namespace

PushResult unpack_body(std::string& body, std::string_view encoding, std::size_t most_bytes) {
  Compression compression = Compression::kGzip;
  if (encoding.empty() || encoding == "identity" || encoding == "snappy") {
    return body.size() <= most_bytes ? PushResult{} : too_large(most_bytes);
  } else if (encoding == "deflate") {
    compression = deflate_of(body);
  } else if (encoding == "zstd") {
    compression = Compression::kZstd;
  } else if (encoding != "gzip") {
    return malformed_push("Content-Encoding \"" + std::string(encoding) + "\" not supported");
  }
  std::string unpacked;
  switch (unpack_whole(compression, body, most_bytes, unpacked)) {
    case UnpackResult::kWhole:
      body = std::move(unpacked);
      return {};
    case UnpackResult::kPart:
      return malformed_push("the body is a part of " + std::string(encoding) + " only");
    case UnpackResult::kDamaged:
      return malformed_push("the body is no " + std::string(encoding));
    case UnpackResult::kTooLarge:
      break;
  }
  return too_large(most_bytes);
}

PushResult read_push_protobuf(std::string body, const PushReading& reading, ReceivedBlock& block) {
  std::string message;
  if (PushResult result = uncompress_push(body, {.bytes = reading.most_bytes}, message); !result)
    return result;
  body = {};
  return ProtobufPush(reading, block).read(block.keep(std::move(message)));
}

PushResult read_push_lines(std::string body, const PushReading& reading, ReceivedBlock& block) {
  std::string_view rest = block.keep(std::move(body));
  PushParts parts(reading);
  block.begin_group({}, reading.tenant);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!parts.take()) return parts.too_many();
    block.add_kept(line, std::nullopt);
  }
  return {};
}

}  // namespace lokitail::agent
