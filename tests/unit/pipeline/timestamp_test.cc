#include "pipeline/timestamp.h"

#include <catch2/catch.hpp>

namespace lokitail::pipeline {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST_CASE("timestamps count nanoseconds up to the next second and down to the one before", "[timestamp]") {
  CHECK(Timestamp(5, 999'999'999).plus_nanoseconds(1) == Timestamp(6, 0));
  CHECK(Timestamp(0, 0).plus_nanoseconds(-1) == Timestamp(-1, 999'999'999));
  CHECK(Timestamp(1, 500'000'000).plus_nanoseconds(-2'600'000'000) == Timestamp(-2, 900'000'000));
  CHECK(Timestamp(1, 5).plus_seconds(-3) == Timestamp(-2, 5));
  CHECK(Timestamp(kMax, 999'999'999).plus_nanoseconds(1).nanoseconds == 0);
}

TEST_CASE("timestamps to and from Unix nanoseconds", "[timestamp]") {
  CHECK(Timestamp::from_unix_nanoseconds(-1) == Timestamp(-1, 999'999'999));
  CHECK(Timestamp::from_unix_nanoseconds(1'500'000'000) == Timestamp(1, 500'000'000));
  for (const int64_t count : {kMin, int64_t{-1'000'000'000}, int64_t{-1}, int64_t{0}, kMax}) {
    CHECK(Timestamp::from_unix_nanoseconds(count).to_unix_nanoseconds() == count);
  }
  CHECK(Timestamp(-62'167'219'200, 0).to_unix_nanoseconds() == kMin);  // year 0
  CHECK(Timestamp(253'402'300'799, 0).to_unix_nanoseconds() == kMax);  // year 9999
}

TEST_CASE("timestamps are ordered and subtracted", "[timestamp]") {
  CHECK(Timestamp(1, 0) > Timestamp(0, 999'999'999));
  CHECK(Timestamp(-1, 5) < Timestamp(-1, 6));
  CHECK(difference({2, 1}, {0, 2}) == 1'999'999'999);
  CHECK(difference({0, 2}, {2, 1}) == -1'999'999'999);
  CHECK(difference({kMax, 0}, {kMin, 0}) == kMax);
  CHECK(difference({kMin, 0}, {kMax, 0}) == kMin);
}

}  // namespace
}  // namespace lokitail::pipeline
