#include "pipeline/lang/rfc3339.h"

#include <catch2/catch.hpp>

#include <array>
#include <random>
#include <string>
#include <vector>

namespace lokitail::pipeline::lang {
namespace {

constexpr int64_t kNov7 = 1'762'511'415;  // 2025-11-07T10:30:15Z

struct Row {
  const char* name;
  std::string text;
  Timestamp want;
};

TEST_CASE("RFC 3339 takes what Go takes", "[rfc3339]") {
  const std::vector<Row> rows = {
      {"no fraction", "2025-11-07T10:30:15Z", {kNov7, 0}},
      {"milliseconds", "2025-11-07T10:30:15.123Z", {kNov7, 123'000'000}},
      {"one digit", "2025-11-07T10:30:15.5Z", {kNov7, 500'000'000}},
      {"seven digits", "2025-11-07T10:30:15.1234567Z", {kNov7, 123'456'700}},
      {"eight digits", "2025-11-07T10:30:15.12345678Z", {kNov7, 123'456'780}},
      {"nine digits", "2025-11-07T10:30:15.123456789Z", {kNov7, 123'456'789}},
      {"ten digits are cut, not rounded", "2025-11-07T10:30:15.1234567899Z", {kNov7, 123'456'789}},
      {"thirty digits", "2025-11-07T10:30:15." + std::string(30, '9') + "Z", {kNov7, 999'999'999}},
      {"leading zeros", "2025-11-07T10:30:15.000000001Z", {kNov7, 1}},
      {"all zeros", "2025-11-07T10:30:15.000000000Z", {kNov7, 0}},
      {"comma", "2025-11-07T10:30:15,5Z", {kNov7, 500'000'000}},
      {"comma and offset", "2025-11-07T10:30:15,123456789+01:00", {kNov7 - 3600, 123'456'789}},
      {"one-digit hour", "2025-11-07T1:30:15Z", {kNov7 - 9 * 3600, 0}},
      {"one-digit hour and fraction", "2025-11-07T1:30:15.25Z", {kNov7 - 9 * 3600, 250'000'000}},
      {"east", "2025-11-07T10:30:15+02:00", {kNov7 - 7200, 0}},
      {"west with fraction", "2025-11-07T10:30:16.123456789-07:30", {kNov7 + 27001, 123'456'789}},
      {"minus zero", "2025-11-07T10:30:15-00:00", {kNov7, 0}},
      {"offset of 24 hours", "2025-11-07T10:30:15+24:00", {kNov7 - 86400, 0}},
      {"offset of 60 minutes", "2025-11-07T10:30:15-23:60", {kNov7 + 86400, 0}},
      {"the farthest offset", "2025-11-07T10:30:15.5-24:60", {kNov7 + 90000, 500'000'000}},
      {"leap day", "2024-02-29T12:00:00Z", {1'709'208'000, 0}},
      {"leap day of a 400th year", "2000-02-29T00:00:00Z", {951'782'400, 0}},
      {"the epoch", "1970-01-01T00:00:00Z", {0, 0}},
      {"before the epoch", "1969-12-31T23:59:59.5Z", {-1, 500'000'000}},
      {"first moment", "0000-01-01T00:00:00Z", {-62'167'219'200, 0}},
      {"leap day of year 0", "0000-02-29T00:00:00Z", {-62'162'121'600, 0}},
      {"last moment", "9999-12-31T23:59:59.999999999Z", {253'402'300'799, 999'999'999}},
      {"last day of July", "2025-07-31T00:00:00Z", {1'753'920'000, 0}},
      {"last day of August", "2025-08-31T00:00:00Z", {1'756'598'400, 0}},
  };
  for (const Row& row : rows) {
    INFO(row.name << ": " << row.text);
    Timestamp fast{1, 1};
    CHECK(parse_rfc3339(row.text, fast));
    CHECK(fast == row.want);
    Timestamp slow{1, 1};
    CHECK(parse_rfc3339_slowly(row.text, slow));
    CHECK(slow == row.want);
  }
}

TEST_CASE("RFC 3339 refuses what Go refuses", "[rfc3339]") {
  const std::vector<std::string> rows = {
      "",
      "Z",
      "2025",
      "2025-11-07",
      "2025-11-07T10:30:15",
      "2025-11-07T10:30:15.",
      "2025-11-07T10:30:15.5",
      "2025-11-07T10:30:15.Z",
      "2025-11-07T10:30:15,Z",
      "2025-11-07T10:30:15.12345678",
      "2025-11-07T10:30:15.123456789",
      "2025-11-07 10:30:15Z",
      "2025-11-07t10:30:15Z",
      "2025-11-07T10:30:15z",
      "2025-11-07T10:30:15+0200",
      "2025-11-07T10:30:15+02",
      "2025-11-07T10:30:15 02:00",
      "2025-11-07T10:30:15+2:00",
      "2025-11-07T10:30:15+02:0",
      "2025-11-07T10:30:15+02:000",
      "2025-11-07T10:30:15+25:00",
      "2025-11-07T10:30:15+00:61",
      "2025-11-07T10:30:15+aa:00",
      "2025-11-07T10:30Z",
      "2025-11-07T10:3:15Z",
      "2025-11-07T10:30:1Z",
      "2025-11-7T10:30:15Z",
      "2025-1-07T10:30:15Z",
      "25-11-07T10:30:15Z",
      "+025-11-07T10:30:15Z",
      "2025-11-07T010:30:15Z",
      "2025-11-07T:30:15Z",
      " 2025-11-07T10:30:15Z",
      "2025-11-07T10:30:15Z ",
      "2025-11-07T10:30:15ZZ",
      "2025-11-07T10:30:15Z\n",
      "2025-11-07T10:30:15.5Z5",
      "2025-00-07T10:30:15Z",
      "2025-13-07T10:30:15Z",
      "2025-11-00T10:30:15Z",
      "2025-11-31T10:30:15Z",
      "2025-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2024-02-30T00:00:00Z",
      "2025-01-32T00:00:00Z",
      "2025-11-07T24:00:00Z",
      "2025-11-07T10:60:15Z",
      "2025-11-07T10:30:60Z",
      "2025-11-99T99:99:99Z",
      "2O25-11-07T10:30:15Z",
      "2025/11/07T10:30:15Z",
      "2025-11-07T10.30.15Z",
      "2025-11-07T10:30:15-",
      "2025-11-07T10:30:15:00",
      "2025-11-07T10:30:15.1+",
      std::string("2025-11-07T10:30:15\0", 20),
      std::string(20, '\xFF'),
      std::string(64, '\x80'),
      "2025-11-07T10:30:15.\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFZ",
  };
  for (const std::string& text : rows) {
    INFO(text);
    Timestamp out{1, 1};
    CHECK_FALSE(parse_rfc3339(text, out));
    CHECK_FALSE(parse_rfc3339_slowly(text, out));
    CHECK(out == Timestamp{1, 1});
  }
}

// Each byte of a good timestamp replaced by every other byte, one at a time: both readers must
// agree on each of them.
TEST_CASE("the fast path of RFC 3339 agrees with the slow one", "[rfc3339]") {
  const std::array<std::string, 4> seeds = {"2024-02-29T23:59:59Z", "2025-11-07T10:30:15.12345678Z",
                                            "2025-11-07T10:30:15.123456789+02:00",
                                            "1999-12-31T00:00:00.5-11:30"};
  for (const std::string& seed : seeds) {
    for (size_t at = 0; at < seed.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = seed;
        text[at] = static_cast<char>(byte);
        Timestamp fast;
        Timestamp slow;
        const bool fast_ok = parse_rfc3339(text, fast);
        const bool slow_ok = parse_rfc3339_slowly(text, slow);
        if (fast_ok != slow_ok || fast != slow) FAIL("differs: " << text);
      }
    }
  }
}

// Every prefix lies in a buffer of its own, so that reading past its end is noticed by ASan.
TEST_CASE("RFC 3339 stays inside of the text", "[rfc3339]") {
  const std::string seed = "2025-11-07T10:30:15.123456789012345678+02:00";
  for (size_t size = 0; size <= seed.size(); ++size) {
    const std::vector<char> exact(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(size));
    Timestamp out;
    CHECK(parse_rfc3339({exact.data(), exact.size()}, out) == (size == seed.size()));
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
