#include "agent/telemetry/logger/time_text.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::telemetry {
namespace {

std::string text(std::int64_t milliseconds) {
  TextBuffer out;
  append_time(out, std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds)));
  return std::string(out.view());
}

TEST_CASE("times are RFC 3339 with milliseconds") {
  CHECK(text(1'762'511'415'123) == "2025-11-07T10:30:15.123Z");
  CHECK(text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(text(951'782'399'999) == "2000-02-28T23:59:59.999Z");
  CHECK(text(951'782'400'000) == "2000-02-29T00:00:00.000Z");
  CHECK(text(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("the ends of the system's clock have four digits, too") {
  TextBuffer out;
  append_time(out, std::chrono::system_clock::time_point::max());
  append_time(out, std::chrono::system_clock::time_point::min());
  CHECK(out.view() == "2262-04-11T23:47:16.854Z1677-09-21T00:12:43.145Z");
}

}  // namespace
}  // namespace lokitail::telemetry
