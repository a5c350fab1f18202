// What the readers of pushes share: how they refuse, and how much they take.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "agent/source/push/push_request.h"

namespace lokitail::agent {

inline PushResult malformed_push(std::string message) { return {PushError::kMalformed, std::move(message)}; }

// Counts what costs memory beyond its bytes. REQUIRES: the reading outlives it.
class PushParts {
 public:
  explicit PushParts(const PushReading& reading) : most_(reading.most_parts), left_(reading.most_parts) {}

  // False where there are too many.
  bool take() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  PushResult too_many() const {
    return {PushError::kTooLarge,
            "more than " + std::to_string(most_) + " streams, entries and pairs of structured metadata"};
  }

 private:
  const std::size_t most_;
  std::size_t left_;
};

}  // namespace lokitail::agent
