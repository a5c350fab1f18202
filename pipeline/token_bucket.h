// A limit on lines: so many per second on average, so many at once. A bucket is full at the start.
//
// What is over the limit can be dropped (try_take()) or can wait. A line that is read already
// cannot wait without stopping the thread, so it is taken at the bucket's cost (take()), and
// reading pauses until that is paid back (pause()).
//
// Threads: belongs to one worker. Memory: the rate is not kept, as it is the same for many buckets.
#pragma once

#include <algorithm>
#include <chrono>

#include "pipeline/timestamp.h"

namespace lokitail::pipeline {

struct LineRate {
  double per_second;
  double burst;
};

class TokenBucket {
 public:
  TokenBucket(const LineRate& rate, Timestamp now) : tokens_(rate.burst), filled_(now) {}

  void refill(const LineRate& rate, Timestamp now) {
    const auto passed = static_cast<double>(difference(now, filled_)) / kNanosecondsPerSecond;
    filled_ = now;  // also where the clock was set back
    tokens_ = std::min(rate.burst, tokens_ + std::max(passed, 0.0) * rate.per_second);
  }

  // Takes a token if there is one.
  bool try_take() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  // Takes a token, though there may be none.
  void take() { tokens_ -= 1; }

  // How long reading should pause; zero while it may go on. A tenth of a second's lines may be
  // taken in advance: at a high rate a pause for each line would cost more than the line.
  std::chrono::nanoseconds pause(const LineRate& rate) const {
    constexpr double kAdvance = 0.1;
    constexpr double kLongest = 3600;  // then the question is asked anew
    if (tokens_ >= 1 - kAdvance * rate.per_second) return {};
    const std::chrono::duration<double> wait(std::min((1 - tokens_) / rate.per_second, kLongest));
    return std::chrono::ceil<std::chrono::nanoseconds>(wait);
  }

 private:
  double tokens_;
  Timestamp filled_;
};

}  // namespace lokitail::pipeline
