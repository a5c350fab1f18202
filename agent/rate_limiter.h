// The limit of `limits_config.readline_rate*` on lines that come out of pipelines: a token bucket.
//
// A reader that has to wait does so between blocks: a block may overdraw the bucket, and nothing is
// read until it is paid back, so that the rate holds on average and no thread sleeps.
//
// Threads: belongs to one worker.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lokitail::agent {

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // `rate` lines per second on average, `burst` at once.
  RateLimiter(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}

  void refill(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    tokens_ = std::min(burst_, tokens_ + rate_ * std::max(passed.count(), 0.0));
  }

  // Takes a token if there is one.
  bool try_take() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  void overdraw() { tokens_ -= 1; }
  bool overdrawn() const { return tokens_ < 1; }
  // How long until a token is there. REQUIRES: overdrawn().
  std::chrono::duration<double> wait() const {
    return std::chrono::duration<double>((1 - tokens_) / rate_);
  }

 private:
  double rate_;
  double burst_;
  double tokens_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace lokitail::agent
