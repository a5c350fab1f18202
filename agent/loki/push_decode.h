// The body of a push to Loki, read back: a snappy block that holds a logproto.PushRequest.
//
// Threads: pure functions.
// Errors:  a result, never an exception. The bytes come from anybody: what is read is bounded in
//          size and in number before memory is taken for it.
// Source:  agent/loki/push.proto; Loki's pkg/loghttp/push/push.go for what is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/timestamp.h"

namespace lokitail::agent {

struct LabelPair {
  std::string name;
  std::string value;

  bool operator==(const LabelPair&) const = default;
};

struct PushEntry {
  pipeline::Timestamp timestamp;
  std::string line;
  std::vector<LabelPair> structured_metadata;
};

struct PushStream {
  std::string labels;  // {a="b", c="d"}, as sent
  std::vector<PushEntry> entries;
};

struct DecodedPush {
  std::vector<PushStream> streams;

  std::size_t entry_count() const;
};

struct PushLimits {
  // After decompression. A body that promises more is not decompressed.
  std::size_t bytes = 64u << 20;
  // Streams, entries and pairs of structured metadata together: each costs memory beyond its bytes.
  std::size_t parts = 1u << 20;
};

enum class PushError {
  kNone,
  kMalformed,  // 400
  kTooLarge,   // 413
};

struct PushResult {
  PushError error = PushError::kNone;
  std::string message;  // for people; empty without an error

  explicit operator bool() const { return error == PushError::kNone; }
};

// What is in a push, without its content.
struct PushSize {
  std::size_t bytes = 0;  // decompressed
  std::size_t streams = 0;
  std::size_t entries = 0;
  std::size_t pairs = 0;
  std::size_t line_bytes = 0;
};

// `message` := the protobuf message in the snappy block `body`.
PushResult uncompress_push(std::string_view body, const PushLimits& limits, std::string& message);

// Counts without decoding. `size` is meaningful only without an error.
PushResult measure_push(std::string_view message, const PushLimits& limits, PushSize& size);

// REQUIRES: `message` was measured within limits. `push` is empty after an error.
PushResult decode_message(std::string_view message, DecodedPush& push);

// All three. `push` is empty after an error.
PushResult decode_push(std::string_view body, const PushLimits& limits, DecodedPush& push);

}  // namespace lokitail::agent
