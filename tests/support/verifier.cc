#include "tests/support/verifier.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace lokitail::test {
namespace {

// The lines of one writer, as far as they have arrived.
struct Progress {
  const LogWriter* writer = nullptr;
  std::vector<std::int64_t> timestamps;  // of line 0, 1, 2, …, each at its first arrival
};

class Checker {
 public:
  explicit Checker(const std::vector<const LogWriter*>& writers) {
    for (const LogWriter* writer : writers) progress_[writer->name()].writer = writer;
  }

  void take(const Arrival& arrival) {
    const std::size_t first = arrival.line.find(' ');
    const auto found = progress_.find(arrival.line.substr(0, first));
    std::uint64_t number = 0;
    const char* const end = arrival.line.data() + arrival.line.size();
    if (found == progress_.end() || first == std::string::npos ||
        std::from_chars(arrival.line.data() + first + 1, end, number).ec != std::errc()) {
      return problem("unknown line", arrival);
    }
    Progress& progress = found->second;
    if (arrival.line != progress.writer->line(number)) return problem("changed line", arrival);
    const std::uint64_t next = progress.timestamps.size();
    if (number > next) return problem(fmt::format("line {} is missing before", next), arrival);
    if (number == next) {
      progress.timestamps.push_back(arrival.timestamp);
      ++verdict_.lines;
    } else {
      ++verdict_.duplicates;
      if (progress.timestamps[number] != arrival.timestamp) {
        problem("another timestamp than the first time", arrival);
      }
    }
  }

  Verdict finish() {
    verdict_.complete = true;
    for (const auto& [name, progress] : progress_) {
      if (progress.timestamps.size() < progress.writer->written()) verdict_.complete = false;
    }
    if (problems_ > kShown) verdict_.problems += fmt::format("and {} more\n", problems_ - kShown);
    return std::move(verdict_);
  }

 private:
  static constexpr std::size_t kShown = 10;

  void problem(std::string_view what, const Arrival& arrival) {
    if (++problems_ > kShown) return;
    verdict_.problems +=
        fmt::format("{}: {} {} {}\n", what, arrival.labels, arrival.timestamp, arrival.line.substr(0, 60));
  }

  std::unordered_map<std::string, Progress> progress_;
  Verdict verdict_;
  std::size_t problems_ = 0;
};

}  // namespace

Verdict verify(const std::vector<Arrival>& arrivals, const std::vector<const LogWriter*>& writers) {
  Checker checker(writers);
  for (const Arrival& arrival : arrivals) checker.take(arrival);
  return checker.finish();
}

std::string missing_lines(const std::vector<Arrival>& arrivals,
                          const std::vector<const LogWriter*>& writers) {
  std::unordered_set<std::string> lines;
  for (const Arrival& arrival : arrivals) lines.insert(arrival.line);
  std::string text;
  for (const LogWriter* const writer : writers) {
    for (std::uint64_t number = 0; number < writer->written(); ++number) {
      if (lines.contains(writer->line(number))) continue;
      const std::uint64_t first = number;
      while (number + 1 < writer->written() && !lines.contains(writer->line(number + 1))) ++number;
      text += fmt::format("{}{} {}-{}", text.empty() ? "" : ", ", writer->name(), first, number);
    }
  }
  return text;
}

Verdict wait_for_all(const Loki& loki, const std::vector<const LogWriter*>& writers,
                     std::chrono::milliseconds deadline) {
  std::size_t expected = 0;
  for (const LogWriter* writer : writers) expected += writer->written();
  Verdict verdict;
  eventually(
      [&] {
        // Not worth a look before there are enough.
        if (loki.stored_count() < expected) return false;
        verdict = verify(loki.stored(), writers);
        return verdict.complete || !verdict.problems.empty();
      },
      deadline, 50ms);
  if (!verdict.complete) {
    verdict = verify(loki.stored(), writers);
    for (const LogWriter* writer : writers) {
      if (!verdict.complete && verdict.problems.size() < 2000) {
        const Verdict one = verify(loki.stored(), {writer});
        if (!one.complete) {
          verdict.problems +=
              fmt::format("{}: {} of {} lines arrived\n", writer->name(), one.lines, writer->written());
        }
      }
    }
  }
  return verdict;
}

}  // namespace lokitail::test
