// Which of several destinations the pushes of a lane take: the first, which is the client's own, or
// one that it fails over to.
//
// A destination that has failed for a while is left for the next one in the list, and after the last
// one the first has its turn again. Away from the first, one push in a while tries whether it is back.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace lokitail::agent {

class Route {
 public:
  using Clock = std::chrono::steady_clock;

  // `patience`: how long a destination may fail before it is left.
  Route(std::size_t destinations, Clock::duration patience)
      : destinations_(destinations), patience_(patience) {}

  // Where the usual push goes.
  std::size_t current() const { return current_; }

  // Where the next push goes.
  std::size_t choose(Clock::time_point now) {
    if (current_ == 0 || now - first_tried_ < kProbeInterval) return current_;
    first_tried_ = now;
    return 0;
  }

  // Whether it changes the way.
  bool succeeded(std::size_t destination) {
    if (destination == current_) {
      failing_since_.reset();
      return false;
    }
    move_to(destination);
    return true;
  }

  // Whether another destination is there to be tried at once.
  bool failed(std::size_t destination, Clock::time_point now) {
    if (destination != current_) return true;
    if (!failing_since_) failing_since_ = now;
    if (destinations_ == 1 || now - *failing_since_ < patience_) return false;
    if (current_ == 0) first_tried_ = now;
    move_to((current_ + 1) % destinations_);
    return true;
  }

 private:
  static constexpr std::chrono::seconds kProbeInterval{30};

  void move_to(std::size_t destination) {
    current_ = destination;
    failing_since_.reset();
  }

  const std::size_t destinations_;
  const Clock::duration patience_;
  std::size_t current_ = 0;
  std::optional<Clock::time_point> failing_since_;  // of the current one
  Clock::time_point first_tried_{};
};

}  // namespace lokitail::agent
