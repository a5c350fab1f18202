// A point in time, as an entry carries it.
//
// Seconds and nanoseconds rather than one count of nanoseconds: a layout may name any year from 0
// to 9999, and 64 bits of nanoseconds hold only 1677 to 2262. The pair is also what goes on the
// wire (google.protobuf.Timestamp).
//
// Threads: plain values. Errors: none; arithmetic past the ends of 64 bits wraps or saturates, as
// each function says, and is never undefined.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace lokitail::pipeline {

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

struct Timestamp {
  int64_t seconds = 0;      // since 1970-01-01T00:00:00Z
  int32_t nanoseconds = 0;  // always in [0, 1'000'000'000), for times before 1970 too

  constexpr Timestamp() = default;
  constexpr Timestamp(int64_t whole_seconds, int32_t fraction)
      : seconds(whole_seconds), nanoseconds(fraction) {}

  constexpr auto operator<=>(const Timestamp&) const = default;

  static constexpr Timestamp from_unix_nanoseconds(int64_t count) {
    int64_t whole = count / kNanosecondsPerSecond;
    int64_t rest = count % kNanosecondsPerSecond;
    if (rest < 0) {
      rest += kNanosecondsPerSecond;
      --whole;
    }
    return {whole, static_cast<int32_t>(rest)};
  }

  // Saturates outside of 1677..2262.
  constexpr int64_t to_unix_nanoseconds() const;

  // Later by `count` (earlier if negative). Wraps past the last representable second.
  constexpr Timestamp plus_nanoseconds(int64_t count) const {
    const Timestamp delta = from_unix_nanoseconds(count);
    uint64_t whole = static_cast<uint64_t>(seconds) + static_cast<uint64_t>(delta.seconds);
    int64_t fraction = int64_t{nanoseconds} + delta.nanoseconds;
    if (fraction >= kNanosecondsPerSecond) {
      fraction -= kNanosecondsPerSecond;
      ++whole;
    }
    return {static_cast<int64_t>(whole), static_cast<int32_t>(fraction)};
  }

  // Later by whole seconds. Wraps.
  constexpr Timestamp plus_seconds(int64_t count) const {
    const uint64_t whole = static_cast<uint64_t>(seconds) + static_cast<uint64_t>(count);
    return {static_cast<int64_t>(whole), nanoseconds};
  }
};

// `later - earlier` in nanoseconds; saturates where 64 bits (292 years) do not hold it.
constexpr int64_t difference(const Timestamp& later, const Timestamp& earlier) {
  __extension__ using Wide = __int128;
  const Wide result = (Wide{later.seconds} - earlier.seconds) * kNanosecondsPerSecond +
                      (later.nanoseconds - earlier.nanoseconds);
  constexpr auto kMin = std::numeric_limits<int64_t>::min();
  constexpr auto kMax = std::numeric_limits<int64_t>::max();
  return result < kMin ? kMin : result > kMax ? kMax : static_cast<int64_t>(result);
}

constexpr int64_t Timestamp::to_unix_nanoseconds() const { return difference(*this, Timestamp{}); }

}  // namespace lokitail::pipeline
