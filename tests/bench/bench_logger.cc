// What a log line costs: bench_logger [--seconds S] [--json FILE]
//
// A message with ten fields, as JSON, into a sink that counts bytes: what is measured is making the
// line, not writing it. spdlog, where it is there, does the same: it puts the same keys and values on
// a line, the caller included, though it has to be told the form by hand, and escapes nothing. Prints
// nanoseconds per line and how many times per line memory is taken from the heap.
//
// Times are CPU time of one thread, of many passes the best; what is compared runs in turns.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#if LOKITAIL_HAS_SPDLOG
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#endif

#include "lokitail/telemetry/logger.h"
#include "tests/bench/allocations.h"

namespace lokitail::bench {
namespace {

namespace tele = telemetry;

constexpr int kLines = 2000;  // a pass

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Row {
  std::string name;
  std::function<void()> pass;
  double best = 1e18;  // nanoseconds per line
  double allocations = 0;
};

class CountingSink final : public tele::Sink {
 public:
  void write(tele::Level, std::string_view lines) override { bytes += lines.size(); }
  std::size_t bytes = 0;
};

// The ten fields of zap's own benchmark are of such kinds: texts, numbers, a time that passed, an error.
struct Values {
  std::string task = "task-abc123";
  std::string guild = "guild-xyz789";
  std::string peer = "12D3KooWGRUVh7b9yQ";
  std::string status = "success";
  std::string error = "connection refused";
};

tele::LoggerOptions options(std::shared_ptr<tele::Sink> sink) {
  return {.service = "edge-node-1", .version = "0.1.0", .environment = "production", .sink = std::move(sink)};
}

void log_ten(const tele::Logger& logger, const Values& v) {
  for (int i = 0; i < kLines; ++i) {
    logger.info("task executed", {tele::task_id(v.task),
                                  tele::guild_id(v.guild),
                                  tele::peer_id(v.peer),
                                  tele::status(v.status),
                                  tele::error(std::string_view(v.error)),
                                  tele::duration_ms(2500),
                                  tele::size_bytes(i),
                                  {"amount", 0.5},
                                  {"retried", false},
                                  {"attempt", 3}});
  }
}

void add_our_rows(std::vector<Row>& rows) {
  static const Values values;
  const auto sink = std::make_shared<CountingSink>();
  const tele::Logger logger(options(sink));
  rows.push_back({"lokitail::telemetry, 10 fields", [logger] { log_ten(logger, values); }});
  rows.push_back({"  with a trace", [logger] {
                    const tele::TraceScope scope(tele::new_trace());
                    log_ten(logger, values);
                  }});
  const tele::Logger ten = logger.with({tele::task_id(values.task),
                                        tele::guild_id(values.guild),
                                        tele::peer_id(values.peer),
                                        tele::status(values.status),
                                        tele::error(std::string_view(values.error)),
                                        tele::duration_ms(2500),
                                        tele::size_bytes(7),
                                        {"amount", 0.5},
                                        {"retried", false},
                                        {"attempt", 3}});
  rows.push_back({"  10 persistent fields", [ten] {
                    for (int i = 0; i < kLines; ++i) ten.info("task executed");
                  }});
  rows.push_back({"  no field", [logger] {
                    for (int i = 0; i < kLines; ++i) logger.info("task executed");
                  }});
  rows.push_back({"  10 fields, level is off", [logger] {
                    for (int i = 0; i < kLines; ++i) {
                      logger.debug("task executed", {tele::task_id(values.task),
                                                     tele::guild_id(values.guild),
                                                     tele::peer_id(values.peer),
                                                     tele::status(values.status),
                                                     {"error", values.error},
                                                     tele::duration_ms(2500),
                                                     tele::size_bytes(i),
                                                     {"amount", 0.5},
                                                     {"retried", false},
                                                     {"attempt", 3}});
                    }
                  }});
}

#if LOKITAIL_HAS_SPDLOG
class CountingSpdlogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::size_t bytes = 0;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    bytes += line.size();
  }
  void flush_() override {}
};

void add_spdlog_row(std::vector<Row>& rows) {
  static const Values v;
  auto logger = std::make_shared<spdlog::logger>("edge-node-1", std::make_shared<CountingSpdlogSink>());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"level":"%l","timestamp":"%Y-%m-%dT%H:%M:%S.%eZ","service":"%n","version":"0.1.0",)"
      R"("environment":"production","caller":"%s:%#",%v})",
      spdlog::pattern_time_type::utc));
  rows.push_back(
      {"spdlog, 10 fields by hand", [logger] {
         for (int i = 0; i < kLines; ++i) {
           logger->log(
               spdlog::source_loc{__FILE__, __LINE__, ""}, spdlog::level::info,
               R"("message":"{}","task_id":"{}","guild_id":"{}","peer_id":"{}","status":"{}",)"
               R"("error":"{}","duration_ms":{},"size_bytes":{},"amount":{},"retried":{},"attempt":{})",
               "task executed", v.task, v.guild, v.peer, v.status, v.error, 2500, i, 0.5, false, 3);
         }
       }});
}
#else
void add_spdlog_row(std::vector<Row>&) { fmt::print("no spdlog to compare with\n"); }
#endif

void measure(Row& row) {
  const double begin = cpu_seconds();
  row.pass();
  row.best = std::min(row.best, (cpu_seconds() - begin) * 1e9 / kLines);
}

bool write_json(const char* path, const std::vector<Row>& rows) {
  std::FILE* const file = std::fopen(path, "w");
  if (file == nullptr) return false;
  std::string_view separator = "[\n";
  for (const Row& row : rows) {
    fmt::print(file, "{} {{\"name\": \"{}\", \"ns_per_line\": {:.2f}, \"allocations_per_line\": {:.4f}}}",
               separator, row.name, row.best, row.allocations);
    separator = ",\n";
  }
  fmt::print(file, "\n]\n");
  return std::fclose(file) == 0;
}

std::vector<Row> run(double seconds) {
  std::vector<Row> rows;
  add_our_rows(rows);
  add_spdlog_row(rows);
  for (Row& row : rows) {
    row.pass();
    const std::uint64_t before = allocations();
    row.pass();
    row.allocations = static_cast<double>(allocations() - before) / kLines;
  }
  const double end = cpu_seconds() + seconds * static_cast<double>(rows.size());
  while (cpu_seconds() < end) {
    for (Row& row : rows) measure(row);
  }
  fmt::print("a log line\n{:32}{:>9}{:>13}\n", "", "ns/line", "allocations");
  for (const Row& row : rows) fmt::print("{:32}{:9.1f}{:13.2f}\n", row.name, row.best, row.allocations);
  return rows;
}

}  // namespace
}  // namespace lokitail::bench

int main(int count, char** arguments) {
  double seconds = 0.3;  // per row
  const char* json = nullptr;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    if (name == "--seconds") seconds = std::atof(arguments[i + 1]);
    if (name == "--json") json = arguments[i + 1];
  }
  const auto rows = lokitail::bench::run(seconds);
  return json == nullptr || lokitail::bench::write_json(json, rows) ? 0 : 1;
}
