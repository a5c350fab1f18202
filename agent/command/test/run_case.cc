#include "agent/command/test/run_case.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "agent/command/passage_text.h"
#include "pipeline/traced_pipeline.h"

namespace lokitail::agent::testing {
namespace {

using pipeline::Passage;
using pipeline::Snapshot;
using pipeline::Step;

// Which expected entry goes with which actual one. One of them is missing where the other has no
// counterpart.
struct Pair {
  std::optional<std::size_t> expected;
  std::optional<std::size_t> actual;
};

// Beyond this many pairs of entries the first are compared with the first.
constexpr std::size_t kMostCompared = 250'000;

// As diff does: as many equal entries as possible go together, in order, and between them those
// that differ go together from the first on.
class Alignment {
 public:
  Alignment(const std::vector<ExpectedEntry>& expected, const std::vector<const Snapshot*>& actual)
      : expected_(expected), actual_(actual) {}

  std::vector<Pair> pairs() {
    if (expected_.size() * actual_.size() <= kMostCompared) compare_all();
    std::size_t e = 0;
    std::size_t a = 0;
    for (; !common_.empty() && e < expected_.size() && a < actual_.size();) {
      if (equal(e, a)) {
        pair_up(e, a);
        result_.push_back({e++, a++});
        from_expected_ = e;
        from_actual_ = a;
      } else if (common(e + 1, a) >= common(e, a + 1)) {
        ++e;
      } else {
        ++a;
      }
    }
    pair_up(expected_.size(), actual_.size());
    return std::move(result_);
  }

 private:
  // How many equal entries there are at most from here on.
  std::size_t& common(std::size_t e, std::size_t a) { return common_[e * (actual_.size() + 1) + a]; }
  bool equal(std::size_t e, std::size_t a) const { return equal_[e * actual_.size() + a]; }

  void compare_all() {
    common_.assign((expected_.size() + 1) * (actual_.size() + 1), 0);
    equal_.assign(expected_.size() * actual_.size(), false);
    for (std::size_t e = expected_.size(); e-- > 0;) {
      for (std::size_t a = actual_.size(); a-- > 0;) {
        const bool same = differences(expected_[e], *actual_[a]).empty();
        equal_[e * actual_.size() + a] = same;
        common(e, a) = same ? common(e + 1, a + 1) + 1 : std::max(common(e + 1, a), common(e, a + 1));
      }
    }
  }

  // Those in between that have no equal.
  void pair_up(std::size_t to_expected, std::size_t to_actual) {
    while (from_expected_ < to_expected && from_actual_ < to_actual) {
      result_.push_back({from_expected_++, from_actual_++});
    }
    while (from_expected_ < to_expected) result_.push_back({from_expected_++, std::nullopt});
    while (from_actual_ < to_actual) result_.push_back({std::nullopt, from_actual_++});
  }

  const std::vector<ExpectedEntry>& expected_;
  const std::vector<const Snapshot*>& actual_;
  std::vector<std::size_t> common_;
  std::vector<bool> equal_;
  std::size_t from_expected_ = 0;
  std::size_t from_actual_ = 0;
  std::vector<Pair> result_;
};

void compare_entries(const TestCase& test, CaseResult& result) {
  std::vector<const Snapshot*> actual;
  for (const Passage& passage : result.passages) {
    if (passage.result) actual.push_back(&*passage.result);
  }
  for (const Pair& pair : Alignment(test.expected, actual).pairs()) {
    if (!pair.actual) {
      result.problems.push_back({Problem::Kind::kMissing,
                                 fmt::format("entry {} is missing", *pair.expected + 1),
                                 all_of(test.expected[*pair.expected])});
    } else if (!pair.expected) {
      result.problems.push_back({Problem::Kind::kUnexpected,
                                 fmt::format("entry {} was not expected", *pair.actual + 1),
                                 all_of(*actual[*pair.actual])});
    } else {
      auto found = differences(test.expected[*pair.expected], *actual[*pair.actual]);
      if (found.empty()) continue;
      std::string title = fmt::format("entry {}", *pair.actual + 1);
      if (pair.expected != pair.actual) title += fmt::format(", expected as entry {}", *pair.expected + 1);
      result.problems.push_back({Problem::Kind::kDiffers, std::move(title), std::move(found)});
    }
  }
}

bool is_dropped_by(const Step& drop, const Pattern& pattern) {
  return pattern.matches(drop.stage->name) || pattern.matches(drop.stage->path) ||
         (!drop.drop_reason.empty() && pattern.matches(drop.drop_reason));
}

void check_drops(const Pattern& dropped_by, CaseResult& result) {
  Problem problem{Problem::Kind::kDiffers, "dropped_by"};
  bool dropped = false;
  for (const Passage& passage : result.passages) {
    if (passage.outcome != Passage::Outcome::kDropped) continue;
    dropped = true;
    if (is_dropped_by(*pipeline::last_stop(passage), dropped_by)) continue;
    problem.differences.push_back(
        {lines_text(passage.lines), "dropped by " + dropped_by.describe(), stop_text(passage)});
  }
  if (!dropped) problem.differences.push_back({"lines", "dropped by " + dropped_by.describe()});
  if (!problem.differences.empty()) result.problems.push_back(std::move(problem));
}

// Why lines did not come out.
std::vector<std::string> notes_on_stops(const CaseResult& result) {
  std::map<std::size_t, std::string> held;
  std::vector<std::string> notes;
  for (const Passage& passage : result.passages) {
    for (const std::size_t line : passage.lines) held.erase(line);
    if (passage.outcome == Passage::Outcome::kOut) continue;
    const pipeline::StageInfo& stage = *pipeline::last_stop(passage)->stage;
    const std::string why = stop_text(passage) + "  " + config::to_string(stage.place);
    if (passage.outcome == Passage::Outcome::kDropped) {
      notes.push_back(lines_text(passage.lines) + ": " + why);
    } else {
      for (const std::size_t line : passage.lines) held[line] = why;
    }
  }
  for (const auto& [line, why] : held) {
    notes.push_back(fmt::format("{}: to the end {}", lines_text({line}), why));
  }
  return notes;
}

}  // namespace

CaseResult run_case(const TestCase& test, config::Warnings& warnings) {
  CaseResult result;
  pipeline::TracedPipeline pipeline(
      test.pipeline.stages, test.pipeline.labels, test.now, warnings,
      [&result](Passage passage) { result.passages.push_back(std::move(passage)); });
  for (const InputLine& line : test.input) {
    if (line.after > 0) pipeline.wait(line.after);
    pipeline.push(line.text);
  }
  pipeline.drain();
  compare_entries(test, result);
  if (test.dropped_by) check_drops(*test.dropped_by, result);
  if (!result.passed()) result.notes = notes_on_stops(result);
  return result;
}

}  // namespace lokitail::agent::testing
