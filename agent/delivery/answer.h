// What an answer to a push means: whether the entries are stored, refused for good, or have to be
// sent again, and how.
//
// Source: Loki's distributor and ingester (pkg/distributor/distributor.go, pkg/validation/validate.go,
// pkg/ingester/instance.go); the words matched here are Loki's own.
//
// Threads: pure functions. Errors: none; any status and text gets a meaning.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

enum class Meaning {
  kSettled,      // stored
  kRefused,      // Loki took the good entries and refuses the others for good: never sent again
  kRetry,        // not stored, or unknown: again after a backoff
  kRetrySlowly,  // nothing is wrong with the entries but with us or with Loki's settings: again after
                 // a long pause, loudly
  kSplit,        // too large as it is: again in two halves
  kThrottled,    // one stream has too high a rate: it again after a while, the others at once
};

struct Answer {
  Meaning meaning = Meaning::kRetry;
  // Why, in one word fit for a metric's label, e.g. "timestamp_too_old". Empty where settled.
  std::string reason;
  // kRefused: how many entries Loki says it refused; at least 1.
  std::size_t refused_entries = 0;
  // The longest line that Loki takes, where it says so.
  std::optional<std::size_t> longest_line;
  // As many labels as it takes of a stream, where it says so.
  std::optional<std::size_t> most_labels;
  // kThrottled: label texts of streams, at least one.
  std::vector<std::string> streams;
  // Not earlier than this, if the server said so.
  std::optional<std::chrono::seconds> retry_after;
};

// `status` is the HTTP status; 0 for a transport error. `body` is the beginning of the answer's
// body. `retry_after` is that header's text, empty if there was none. `raw_bytes` is the size of the
// push before compression.
Answer interpret_answer(int status, std::string_view body, std::string_view retry_after,
                        std::size_t raw_bytes);

}  // namespace lokitail::agent
