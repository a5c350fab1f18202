#include "tests/bench/corpus.h"

#include <array>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tests/bench/random.h"

namespace lokitail::bench {
namespace {

constexpr std::array<std::string_view, 8> kServices = {
    "gateway", "orders", "payments", "oven-scheduler", "delivery", "notifications", "accounts", "inventory"};
constexpr std::array<std::string_view, 8> kInfo = {"request completed",
                                                   "task executed",
                                                   "order accepted and handed over to the scheduler",
                                                   "slot reserved for the next free oven",
                                                   "cache refreshed from primary storage",
                                                   "message published to topic orders.accepted.v2",
                                                   "session renewed",
                                                   "courier assigned: leaves with the next tour"};
constexpr std::array<std::string_view, 4> kDebug = {
    "state transition pending -> running", "cache miss, asking the database",
    "compared 12 candidate slots \\u2192 3 left", "retry budget is full"};
constexpr std::array<std::string_view, 4> kWarn = {
    "upstream is slow, answering from cache", "queue of \\\"oven-2\\\" is longer than its high-water mark",
    "retrying after a timeout", "deprecated field \\\"qty\\\" in request"};
constexpr std::array<std::string_view, 4> kError = {
    "task failed", "payment declined by the provider: insufficient funds",
    "cannot reach database: dial tcp 10.42.3.17:5432: connect: connection refused",
    "unexpected status 502 from upstream"};
constexpr std::array<std::string_view, 5> kCallers = {
    "executor/runner.go:218", "http/middleware/logging.go:97", "store/postgres/orders.go:341",
    "queue/consumer.go:64", "scheduler/slots.go:152"};

// 2025-11-07T00:00:00Z, the day of the corpus; it never gets as long as a day.
constexpr std::string_view kDay = "2025-11-07T";
constexpr unsigned kRunningRequests = 3;

struct Request {
  std::string trace_id;
  std::string_view level;  // of most of its lines
  unsigned lines_left = 0;
};

std::string_view pick_level(Random& random) {
  const std::uint64_t of_hundred = random.below(100);
  return of_hundred < 70 ? "info" : of_hundred < 85 ? "debug" : of_hundred < 95 ? "warn" : "error";
}

std::string_view pick_message(Random& random, std::string_view level) {
  return level == "info"    ? random.pick(kInfo)
         : level == "debug" ? random.pick(kDebug)
         : level == "warn"  ? random.pick(kWarn)
                            : random.pick(kError);
}

// The part of a time after the day, down to `digits` digits of a second.
void append_clock(std::string& out, std::uint64_t nanoseconds, int digits) {
  const std::uint64_t seconds = nanoseconds / 1'000'000'000;
  std::uint64_t fraction = nanoseconds % 1'000'000'000;
  for (int i = digits; i < 9; ++i) fraction /= 10;
  fmt::format_to(std::back_inserter(out), "{}{:02}:{:02}:{:02}.{:0{}}Z", kDay, seconds / 3600,
                 seconds / 60 % 60, seconds % 60, fraction, digits);
}

// Appends `text` as the inside of a JSON string.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

// One container: its requests and what it has logged so far.
class Container {
 public:
  Container(std::uint64_t seed, unsigned number)
      : random_(seed * 1'000'003 + number),
        service_(kServices[number % kServices.size()]),
        instance_(fmt::format("{}-{}", service_, number)) {
    for (int i = 0; i < 4; ++i) id_ += fmt::format("{:016x}", random_.next());
  }

  const std::string& id() const { return id_; }

  void append_line(std::string& out, std::uint64_t nanoseconds) {
    Request& request = requests_[random_.below(kRunningRequests)];
    if (request.lines_left == 0) begin(request);
    --request.lines_left;
    const std::string_view level = random_.chance(85) ? request.level : pick_level(random_);
    inner_.clear();
    append_inner(request, level, nanoseconds);
    out += "{\"log\":\"";
    append_escaped(out, inner_);
    const bool bad = level == "warn" || level == "error";
    out += "\\n\",\"stream\":\"";
    out += bad ? "stderr" : "stdout";
    out += "\",\"time\":\"";
    // Docker writes the line down a little after it was logged.
    append_clock(out, nanoseconds + 20'000 + random_.below(100'000), 9);
    out += "\"}\n";
  }

 private:
  void begin(Request& request) {
    request.trace_id = fmt::format("{:016x}{:016x}", random_.next(), random_.next());
    request.level = pick_level(random_);
    request.lines_left = 2 + static_cast<unsigned>(random_.below(5));
  }

  void append_inner(const Request& request, std::string_view level, std::uint64_t nanoseconds) {
    auto out = std::back_inserter(inner_);
    fmt::format_to(out, R"({{"level":"{}","timestamp":")", level);
    append_clock(inner_, nanoseconds, 3);
    fmt::format_to(out, R"(","caller":"{}","service":"{}","instance":"{}","trace_id":"{}",)",
                   random_.pick(kCallers), service_, instance_, request.trace_id);
    fmt::format_to(out, R"("span_id":"{:016x}","message":"{}","task_id":"task-{:06x}",)", random_.next(),
                   pick_message(random_, level), random_.below(1 << 24));
    fmt::format_to(out, R"("duration_ms":{}.{},"attempt":{})", random_.below(3000), random_.below(1000),
                   1 + random_.below(3));
    if (random_.chance(50)) {
      fmt::format_to(out, R"(,"http":{{"method":"POST","path":"/v1/orders/{}","status":{}}})",
                     random_.below(1'000'000), level == "error" ? 502 : 201);
    }
    if (level == "error") {
      fmt::format_to(out, R"(,"error":"context deadline exceeded","stacktrace":"{0}\n\t{0}")",
                     random_.pick(kCallers));
    }
    inner_ += '}';
  }

  Random random_;
  std::string_view service_;
  std::string instance_;
  std::string id_;
  std::array<Request, kRunningRequests> requests_;
  std::string inner_;
};

std::uint64_t write_container(const std::filesystem::path& folder, Container container, std::uint64_t lines) {
  const std::filesystem::path place = folder / container.id();
  std::filesystem::create_directories(place);
  std::ofstream file(place / (container.id() + "-json.log"), std::ios::binary);
  std::uint64_t bytes = 0;
  std::string block;
  for (std::uint64_t line = 0; line < lines; ++line) {
    // A line each 0.4 ms, in every container.
    container.append_line(block, line * 400'000);
    if (block.size() >= (1u << 20) || line + 1 == lines) {
      file.write(block.data(), static_cast<std::streamsize>(block.size()));
      bytes += block.size();
      block.clear();
    }
  }
  file.close();
  if (!file) throw std::runtime_error("cannot write " + place.string());
  return bytes;
}

}  // namespace

CorpusSize write_corpus(const std::filesystem::path& folder, const CorpusOptions& options) {
  CorpusSize size;
  for (unsigned number = 0; number < options.containers; ++number) {
    const std::uint64_t lines =
        options.lines * (number + 1) / options.containers - options.lines * number / options.containers;
    size.bytes += write_container(folder, Container(options.seed, number), lines);
    size.lines += lines;
  }
  return size;
}

}  // namespace lokitail::bench
