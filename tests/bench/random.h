// Chance that is the same everywhere, for the logs of the benchmarks.
//
// Threads: an object belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lokitail::bench {

// Not std::mt19937 with its distributions: those differ between standard libraries.
// https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[below(N)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace lokitail::bench
