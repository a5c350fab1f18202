// What stages cost: bench_stages [--seconds S] [--only TEXT] [--json FILE]
//
// Runs each stage, and pipelines as people write them, on log lines in memory, in one thread:
// neither files nor network, and a sink that counts. Prints nanoseconds per line, megabytes per
// second and, once everything has been warmed up, how many times per line memory is taken from the
// heap.
//
// LOKITAIL_PROCESSOR is heeded as by the agent (docs/performance.md).
//
// Machines are noisy and shared, so times are CPU time, and of many passes over the same lines the
// best one counts; what is compared with each other runs in turns.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "agent/telemetry/metrics.h"
#include "config/node.h"
#include "pipeline/pipeline.h"
#include "pipeline/processor.h"
#include "pipeline/registry.h"
#include "tests/bench/allocations.h"
#include "tests/bench/log_lines.h"
#include "tests/bench/stage_rows.h"

namespace lokitail::bench {
namespace {

using pipeline::Timestamp;

// A third of a second or so is enough for the best pass to be a good one.
struct Options {
  double seconds = 0.3;  // per row
  std::string only;      // rows with this in their names
  std::string json;      // a file for the figures
};

// The day after that of the lines.
constexpr Timestamp kReadTime{1'762'603'200, 0};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

class BlockOrigin final : public pipeline::Origin {
 public:
  BlockOrigin() : Origin(this) {}

 private:
  void settled() override {}
};

class CountingSink final : public pipeline::Sink {
 public:
  void push(pipeline::Entry& entry) override {
    ++entries_;
    // What the batcher looks at.
    bytes_ += entry.line.size();
    hash_ ^= entry.labels.hash();
    if (wants_time_) missing_ += entry.timestamp == kReadTime;
    for (const pipeline::Symbol name : wanted_) missing_ += !has(entry, name);
  }

  // From now on entries are looked through for these values, which costs time.
  void want(std::vector<pipeline::Symbol> names, bool time) {
    wanted_ = std::move(names);
    wants_time_ = time;
  }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t missing() const { return missing_; }

 private:
  static bool has(pipeline::Entry& entry, pipeline::Symbol name) {
    return entry.labels.find(name) != nullptr || entry.text(name).has_value();
  }

  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t missing_ = 0;
  std::vector<pipeline::Symbol> wanted_;
  bool wants_time_ = false;
};

// A pipeline with all that it needs around it.
class Subject {
 public:
  explicit Subject(const std::string& stages)
      : pipeline_(config::Node::parse(stages, "bench_stages"), context_, sink_) {
    target_.set(symbols_.intern("job"), "bench");
    target_.set(symbols_.intern("filename"),
                "/var/log/pods/shop_orders-7c5d8b9f6d-x2v4q_1b9d6bcd/orders/0.log");
  }

  void pass(const LogLines& lines) {
    for (const std::string_view line : lines.views()) {
      pipeline_.push(line, kReadTime, target_, origin_.get());
    }
  }

  // A pass in which every entry has to have these. False if one has not, or if none comes out.
  bool makes(const std::vector<std::string_view>& what, const LogLines& lines) {
    const std::uint64_t before = sink_.entries();
    std::vector<pipeline::Symbol> names;
    for (const std::string_view name : what) {
      if (name != kTime) names.push_back(symbols_.intern(name));
    }
    sink_.want(names, names.size() != what.size());
    pass(lines);
    sink_.want({}, false);
    return sink_.missing() == 0 && sink_.entries() > before;
  }

 private:
  pipeline::SymbolTable symbols_;
  config::Warnings warnings_;
  agent::Metrics metrics_;
  pipeline::StageContext context_{symbols_, warnings_, metrics_, [] { return kReadTime; }};
  BlockOrigin origin_object_;
  pipeline::OriginReference origin_{&origin_object_};
  CountingSink sink_;
  pipeline::Labels target_;
  pipeline::Pipeline pipeline_;
};

double allocations_per_line(Subject& subject, const LogLines& lines) {
  const std::uint64_t before = allocations();
  subject.pass(lines);
  return static_cast<double>(allocations() - before) / static_cast<double>(lines.views().size());
}

// The best of many passes of two things in turns, in nanoseconds per line.
template <typename First, typename Second>
std::pair<double, double> best_of(double seconds, std::size_t lines, First first, Second second) {
  const auto time = [lines](auto& pass, double& best) {
    const double begin = cpu_seconds();
    pass();
    best = std::min(best, (cpu_seconds() - begin) * 1e9 / static_cast<double>(lines));
  };
  constexpr int kLeastPasses = 5;
  double best_first = 1e18;
  double best_second = 1e18;
  const double end = cpu_seconds() + seconds;
  for (int passes = 0; passes < kLeastPasses || cpu_seconds() < end; ++passes) {
    time(first, best_first);
    time(second, best_second);
  }
  return {best_first, best_second};
}

struct Result {
  std::string name;
  double nanoseconds = 0;  // per line
  double bytes = 0;        // per line
  double allocations = 0;  // per line
  std::string yardstick{};
  double ratio = 0;  // to the yardstick's time
};

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  void run() {
    fmt::print(
        "stages, each by itself, less what an entry costs in any case; one that does not look at\n"
        "the line has no MB/s worth the name\n");
    print_header("");
    for (const StageRow& row : stage_rows()) run_stage(row);
    fmt::print("\npipelines\n");
    print_header("  compared with");
    for (const PipelineRow& row : pipeline_rows()) run_pipeline(row);
    list_missing();
    if (!options_.json.empty()) write_json();
  }

  bool failed() const { return failed_; }

 private:
  static void print_header(std::string_view more) {
    fmt::print("{:24}{:>9}{:>8}{:>13}{}\n", "", "ns/line", "MB/s", "allocations", more);
  }

  const LogLines& lines(LogFormat format) {
    const auto found = lines_.find(format);
    if (found != lines_.end()) return found->second;
    return lines_.emplace(format, make_log_lines(format)).first->second;
  }

  bool wants(std::string_view name) const { return name.find(options_.only) != std::string_view::npos; }

  void run_stage(const StageRow& row) {
    if (!wants(row.name)) return;
    const std::string all = row.before + row.stage;
    const LogLines& corpus = lines(row.format);
    Subject without(row.before.empty() ? "[]" : row.before);
    Subject with(all);
    without.pass(corpus);
    if (!check(row.name, with, row.makes, corpus)) return;
    Result result = describe(row.name, corpus);
    result.allocations = allocations_per_line(with, corpus) - allocations_per_line(without, corpus);
    const auto [less, more] = best_of(
        options_.seconds, corpus.views().size(), [&] { without.pass(corpus); }, [&] { with.pass(corpus); });
    result.nanoseconds = std::max(more - less, 0.1);
    report(std::move(result));
  }

  void run_pipeline(const PipelineRow& row) {
    if (!wants(row.name)) return;
    const LogLines& corpus = lines(row.format);
    Subject subject(row.stages);
    if (!check(row.name, subject, row.makes, corpus)) return;
    const std::unique_ptr<Yardstick> yardstick = row.make_yardstick();
    Result result = describe(row.name, corpus);
    result.allocations = allocations_per_line(subject, corpus);
    const auto [measured, compared] = best_of(
        options_.seconds, corpus.views().size(), [&] { subject.pass(corpus); },
        [&] {
          for (const std::string_view line : corpus.views()) yardstick->take(line);
        });
    result.nanoseconds = measured;
    result.yardstick = row.yardstick;
    result.ratio = measured / compared;
    report(std::move(result));
  }

  // Warms up, too.
  bool check(std::string_view name, Subject& subject, const std::vector<std::string_view>& makes,
             const LogLines& corpus) {
    subject.pass(corpus);
    if (subject.makes(makes, corpus)) return true;
    fmt::print("{:24}FAIL: does not make {}\n", name, fmt::join(makes, ", "));
    failed_ = true;
    return false;
  }

  static Result describe(std::string_view name, const LogLines& corpus) {
    Result result{.name = std::string(name)};
    result.bytes = static_cast<double>(corpus.bytes()) / static_cast<double>(corpus.views().size());
    return result;
  }

  void report(Result result) {
    constexpr double kHundredth = 0.005;  // rounded up
    fmt::print("{:24}{:9.1f}{:8.0f}{:13.2f}", result.name, result.nanoseconds,
               result.bytes / result.nanoseconds * 1000, result.allocations);
    if (result.ratio > 0) fmt::print("  {:.2f} x {}", result.ratio, result.yardstick);
    fmt::print("{}\n", result.allocations < kHundredth ? "" : "  MISSED: takes memory per line");
    std::fflush(stdout);
    results_.push_back(std::move(result));
  }

  void list_missing() const {
    for (const std::string_view stage : pipeline::stage_names()) {
      const bool measured = std::ranges::any_of(stage_rows(), [stage](const StageRow& row) {
        return row.stage.starts_with("- " + std::string(stage) + ":");
      });
      if (!measured) fmt::print("no row for the stage {}\n", stage);
    }
  }

  void write_json() {
    std::FILE* const file = std::fopen(options_.json.c_str(), "w");
    if (file == nullptr) {
      fmt::print(stderr, "bench_stages: cannot write {}\n", options_.json);
      failed_ = true;
      return;
    }
    std::string_view separator = "[\n";
    for (const Result& result : results_) {
      fmt::print(file,
                 "{} {{\"name\": \"{}\", \"ns_per_line\": {:.2f}, \"bytes_per_line\": {:.1f}, "
                 "\"allocations_per_line\": {:.4f}, \"yardstick\": \"{}\", \"ratio\": {:.4f}}}",
                 separator, result.name, result.nanoseconds, result.bytes, result.allocations,
                 result.yardstick, result.ratio);
      separator = ",\n";
    }
    fmt::print(file, "{}]\n", results_.empty() ? "[" : "\n");
    std::fclose(file);
  }

  const Options options_;
  std::map<LogFormat, LogLines> lines_;
  std::vector<Result> results_;
  bool failed_ = false;
};

std::optional<Options> read_options(int count, char** arguments) {
  Options options;
  if (count % 2 == 0) return std::nullopt;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    if (name == "--seconds") {
      options.seconds = std::atof(arguments[i + 1]);
    } else if (name == "--only") {
      options.only = arguments[i + 1];
    } else if (name == "--json") {
      options.json = arguments[i + 1];
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace lokitail::bench

int main(int count, char** arguments) {
  const auto options = lokitail::bench::read_options(count, arguments);
  if (!options) {
    fmt::print(stderr, "usage: bench_stages [--seconds S] [--only TEXT] [--json FILE]\n");
    return 2;
  }
  if (const char* const processor = std::getenv("LOKITAIL_PROCESSOR"))
    lokitail::pipeline::use_processor(processor);
  fmt::print("code for {}\n", lokitail::pipeline::processor_name(lokitail::pipeline::processor()));
  lokitail::bench::Bench bench(*options);
  bench.run();
  return bench.failed() ? 1 : 0;
}
