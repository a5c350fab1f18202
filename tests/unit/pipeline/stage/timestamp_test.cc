#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "pipeline/stage/timestamp_fudge.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr std::int64_t kTen = 1'762'511'415;  // 2025-11-07T10:30:15Z

// What `options` of the stage make of lines that are the timestamps, or "key value" for a label.
std::vector<Timestamp> times(const std::string& options, const std::vector<std::string>& lines) {
  std::vector<Timestamp> result;
  const std::string stages =
      "- regex: {expression: '^(?:k=(?P<k>\\w+) )?(?P<t>.*)$'}\n"
      "- labels: {k: }\n"
      "- timestamp: {source: t, " +
      options + "}";
  for (const Collected& entry : run_pipeline(stages, lines)) result.push_back(entry.timestamp);
  return result;
}

using Times = std::vector<Timestamp>;

TEST_CASE("timestamp sets the entry's time", "[stage][timestamp]") {
  const struct {
    const char* name;
    const char* options;
    const char* line;
    Timestamp want;
  } rows[] = {
      {"named format", "format: RFC3339", "2025-11-07T10:30:15.5Z", {kTen, 500'000'000}},
      {"no format", "", "2025-11-07T10:30:15.123456789Z", {kTen, 123'456'789}},
      {"empty format", "format: ''", "2025-11-07T10:30:15Z", {kTen, 0}},
      {"null format", "format: null", "2025-11-07T10:30:15+01:00", {kTen - 3600, 0}},
      {"layout", "format: '2006-01-02 15:04:05'", "2025-11-07 10:30:15,25", {kTen, 250'000'000}},
      {"layout that YAML could take for a date", "format: 2006-01-02", "2025-11-07", {kTen - 37'815, 0}},
      {"keys in any case", "FORMAT: Unix", "1762511415", {kTen, 0}},
      {"fallback",
       "format: Unix, fallback_formats: [UnixDate, ANSIC]",
       "Fri Nov  7 10:30:15 2025",
       {kTen, 0}},
      {"location",
       "format: '2006-01-02 15:04:05', location: America/New_York",
       "2025-11-07 05:30:15",
       {kTen, 0}},
      {"null location", "format: RFC3339, location: null", "2025-11-07T10:30:15Z", {kTen, 0}},
      {"null action", "format: RFC3339, action_on_failure: null", "2025-11-07T10:30:15Z", {kTen, 0}},
      // The reading time is 2025-11-07.
      {"no year", "format: 'Jan _2 15:04:05'", "Nov  7 10:30:15", {kTen, 0}},
      {"unparsable", "format: RFC3339", "yesterday", kReadTime},
      {"unparsable, skip", "format: RFC3339, action_on_failure: skip", "yesterday", kReadTime},
      {"named formats are told by case", "format: rfc3339", "2025-11-07T10:30:15Z", kReadTime},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(times(row.options, {row.line}) == Times{row.want});
  }
}

TEST_CASE("timestamp changes nothing but the time", "[stage][timestamp]") {
  const auto entries = run_pipeline("- timestamp: {source: since, format: RFC3339}", {"a line"},
                                    {{"since", "2025-11-07T10:30:15Z"}});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].timestamp == Timestamp(kTen, 0));
  CHECK(entries[0].line == "a line");
  CHECK(entries[0].labels == TextMap{{"since", "2025-11-07T10:30:15Z"}});
}

TEST_CASE("a timestamp that cannot be read follows the last one of its label set", "[stage][timestamp]") {
  CHECK(times("format: RFC3339",
              {"2025-11-07T10:30:15Z", "bad", "worse", "2025-11-07T10:30:16Z", "bad again"}) ==
        Times{{kTen, 0}, {kTen, 1}, {kTen, 2}, {kTen + 1, 0}, {kTen + 1, 1}});
  CHECK(
      times("format: RFC3339, action_on_failure: fudge", {"bad", "2025-11-07T10:30:15.999999999Z", "bad"}) ==
      Times{kReadTime, {kTen, 999'999'999}, {kTen + 1, 0}});
  CHECK(times("format: RFC3339", {"k=a 2025-11-07T10:30:15Z", "k=b 2025-11-07T10:30:20Z", "k=a bad",
                                  "k=b bad", "k=c bad", "k=a bad"}) ==
        Times{{kTen, 0}, {kTen + 5, 0}, {kTen, 1}, {kTen + 5, 1}, kReadTime, {kTen, 2}});
  CHECK(times("format: RFC3339, action_on_failure: skip", {"2025-11-07T10:30:15Z", "bad"}) ==
        Times{{kTen, 0}, kReadTime});
}

TEST_CASE("a missing or null source is a failure, too", "[stage][timestamp]") {
  const auto missing = run_pipeline(R"(
- regex: {expression: '^t=(?P<t>\S+)'}
- timestamp: {source: t, format: RFC3339}
)",
                                    {"t=2025-11-07T10:30:15Z one", "two", "three"});
  REQUIRE(missing.size() == 3);
  CHECK(missing[1].timestamp == Timestamp(kTen, 1));
  CHECK(missing[2].timestamp == Timestamp(kTen, 2));

  const auto earlier_stage = run_pipeline(R"(
- regex: {expression: '^(?P<t>\S+)'}
- timestamp: {source: t, format: RFC3339}
- timestamp: {source: gone, format: RFC3339}
)",
                                          {"2025-11-07T10:30:15Z x"});
  CHECK(earlier_stage.at(0).timestamp == Timestamp(kTen, 0));
}

TEST_CASE("timestamp configurations that are refused", "[stage][timestamp]") {
  const struct {
    const char* body;
    const char* want;
  } rows[] = {
      {"", "\"source\" is required"},
      {"{}", "\"source\" is required"},
      {"{source: '', format: Unix}", "empty source"},
      {"{source: 5, format: Unix}", "expected a string"},
      {"{source: t, format: 2006}", "expected a string"},
      {"{source: t, format: Unix, fallback_formats: Unix}", "expected a list of formats"},
      {"{source: t, format: Unix, fallback_formats: [2006]}", "expected a string"},
      {"{source: t, format: Unix, location: Mars/Olympus}",
       "invalid location specified: unknown time zone Mars/Olympus"},
      {"{source: t, format: Unix, action_on_failure: explode}",
       "invalid action on failure (supported values are [skip fudge])"},
      {"{source: t, format: Unix, action_on_failure: Skip}", "invalid action on failure"},
      {"{source: t, format: Unix, action_on_failure: ''}", "invalid action on failure"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    const std::string error = build_error(std::string("- timestamp: ") + row.body);
    CHECK_THAT(error, StartsWith("test.yaml:1:"));
    CHECK_THAT(error, Contains(row.want));
  }
}

TEST_CASE("an unknown key of timestamp is warned about", "[stage][timestamp]") {
  PipelineRunner runner("- timestamp: {source: t, format: RFC3339, fromat: Unix}");
  REQUIRE(runner.warnings().size() == 1);
  CHECK_THAT(runner.warnings()[0], Contains("fromat"));
}

class FudgeTest {
 public:
  explicit FudgeTest(std::size_t room) : fudge_(room), name_(symbols_.intern("k")) {}

  void succeed(const char* label, std::int64_t seconds) {
    set_label(label);
    entry_.timestamp = {seconds, 0};
    fudge_.succeeded(entry_);
  }
  // The time given to an entry that had none; kReadTime if the label set was forgotten.
  Timestamp fail(const char* label) {
    set_label(label);
    entry_.timestamp = kReadTime;
    fudge_.failed(entry_);
    return entry_.timestamp;
  }

 private:
  void set_label(const char* value) { entry_.labels.set(name_, value); }

  TimestampFudge fudge_;
  SymbolTable symbols_;
  Symbol name_;
  Entry entry_;
};

TEST_CASE("the label sets used last are remembered", "[stage][timestamp]") {
  FudgeTest test(3);
  test.succeed("a", 1);
  test.succeed("b", 2);
  test.succeed("c", 3);
  CHECK(test.fail("a") == Timestamp(1, 1));  // in use: b is now the oldest
  test.succeed("d", 4);
  CHECK(test.fail("b") == kReadTime);
  CHECK(test.fail("a") == Timestamp(1, 2));
  CHECK(test.fail("c") == Timestamp(3, 1));
  test.succeed("d", 5);
  test.succeed("e", 6);  // for a
  CHECK(test.fail("a") == kReadTime);
  CHECK(test.fail("d") == Timestamp(5, 1));
  CHECK(test.fail("e") == Timestamp(6, 1));

  FudgeTest single(1);
  single.succeed("a", 1);
  single.succeed("b", 2);
  CHECK(single.fail("a") == kReadTime);
  CHECK(single.fail("b") == Timestamp(2, 1));
}

}  // namespace
}  // namespace lokitail::pipeline::test
