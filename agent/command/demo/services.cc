#include "agent/command/demo/services.h"

#include <span>
#include <utility>

#include <fmt/format.h>

namespace lokitail::agent::demo {

using telemetry::Field;
using telemetry::Level;

// A text that a step's line has besides.
struct Word {
  const char* key = nullptr;
  const char* text = "";
};
// A number at random, from `least` to `most` times `unit`; whole where the unit is 1.
struct Number {
  const char* key = nullptr;
  unsigned least = 0, most = 0;
  double unit = 1;
};

struct Step {
  std::size_t service;
  Level level;
  const char* operation;
  const char* message;
  unsigned least_ms, most_ms;  // after the step before it
  Word word = {};
  Number number = {};
};

namespace {

enum Service : std::size_t { kGateway, kCoordinator, kEdge, kExecutor, kPayments };

constexpr Word kGuild{"guild_id", "guild-xyz"};
constexpr Word kPeerId{"peer_id", "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf"};
constexpr Word kChannel{"channel_id", "chan-abc"};
constexpr Number kMemory{"memory_bytes", 30'000'000, 60'000'000};
constexpr Number kAmount{"amount", 1, 40, 0.25};

constexpr Step kCompleted[] = {
    {kGateway, Level::kInfo, "accept", "request received", 0, 5, {"path", "/v1/tasks"}},
    {kGateway, Level::kDebug, "accept", "session found", 1, 4},
    {kCoordinator, Level::kInfo, "create_task", "creating task", 5, 20, kGuild},
    {kEdge, Level::kInfo, "dial", "p2p connection opened", 10, 60, kPeerId},
    {kCoordinator, Level::kDebug, "schedule", "executor chosen", 2, 10, {"executor_id", "exec-001"}},
    {kExecutor, Level::kInfo, "receive", "received task", 5, 20, kGuild, {"size_bytes", 200, 9000}},
    {kExecutor, Level::kInfo, "execute", "wasm execution completed", 40, 300, {}, kMemory},
    {kPayments, Level::kInfo, "settle", "payment sent", 10, 60, kChannel, kAmount},
    {kGateway, Level::kInfo, "accept", "request completed", 2, 10, {"status", "success"}},
};
constexpr Step kSlow[] = {
    {kGateway, Level::kInfo, "accept", "request received", 0, 5, {"path", "/v1/tasks"}},
    {kCoordinator, Level::kInfo, "create_task", "creating task", 5, 20, kGuild},
    {kEdge, Level::kWarn, "dial", "peer does not answer, trying another", 80, 300, kPeerId},
    {kEdge, Level::kInfo, "dial", "p2p connection opened", 10, 60, kPeerId},
    {kCoordinator, Level::kDebug, "schedule", "executor chosen", 2, 10, {"executor_id", "exec-007"}},
    {kExecutor, Level::kInfo, "receive", "received task", 5, 20, kGuild, {"size_bytes", 9000, 90000}},
    {kExecutor, Level::kWarn, "execute", "wasm memory is almost used up", 100, 300, {}, kMemory},
    {kExecutor, Level::kInfo, "execute", "wasm execution completed", 200, 500, {}, kMemory},
    {kPayments, Level::kInfo, "settle", "payment sent", 10, 60, kChannel, kAmount},
    {kGateway, Level::kInfo, "accept", "request completed", 2, 10, {"status", "success"}},
};
constexpr Step kUnpaid[] = {
    {kGateway, Level::kInfo, "accept", "request received", 0, 5, {"path", "/v1/tasks"}},
    {kCoordinator, Level::kInfo, "create_task", "creating task", 5, 20, kGuild},
    {kExecutor, Level::kInfo, "receive", "received task", 5, 20, kGuild, {"size_bytes", 200, 9000}},
    {kExecutor, Level::kInfo, "execute", "wasm execution completed", 40, 300, {}, kMemory},
    {kPayments, Level::kWarn, "settle", "payment channel is slow", 200, 400, kChannel},
    {kPayments, Level::kError, "settle", "payment failed", 100, 300, {"error", "no balance"}, kAmount},
    {kGateway, Level::kWarn, "accept", "request failed", 2, 10, {"status", "failed"}},
};

// Of a hundred tasks so many are; with these shares a task logs 9 lines in the mean.
constexpr unsigned kSlowTasks = 12;
constexpr unsigned kUnpaidTasks = 6;
constexpr double kLinesPerTask = 9;

}  // namespace

Guild::Guild(int rate, Time start)
    : random_(std::random_device()()), pace_(kLinesPerTask / rate), next_task_(start) {
  for (const std::string_view service : kServices) {
    loggers_.emplace_back(
        telemetry::LoggerOptions{.service = std::string(service),
                                 .version = "0.1.0",
                                 .environment = "demo",
                                 .level = Level::kDebug,
                                 .caller = false,
                                 .sink = output_,
                                 .clock = [output = output_.get()] { return output->now; }});
  }
}

unsigned Guild::below(unsigned end) { return static_cast<unsigned>(random_() % end); }

void Guild::begin_task() {
  const unsigned of_hundred = below(100);
  std::span<const Step> story = kCompleted;
  if (of_hundred < kSlowTasks) {
    story = kSlow;
  } else if (of_hundred < kSlowTasks + kUnpaidTasks) {
    story = kUnpaid;
  }
  running_.push({next_task_, next_task_, story.data(), story.data() + story.size(), telemetry::new_trace(),
                 fmt::format("task-{:06x}", below(1U << 24))});
  const auto wait = pace_ * (0.5 + below(1000) / 1000.0);
  next_task_ += std::chrono::duration_cast<Time::duration>(wait);
}

// Each line is a span of its own within the task's trace.
ServiceLine Guild::take_step(Task& task) {
  const Step& step = *task.step++;
  const auto passed = std::chrono::floor<std::chrono::milliseconds>(task.next - task.started);
  std::vector<Field> fields = {telemetry::operation(step.operation), telemetry::task_id(task.id),
                               telemetry::duration_ms(passed)};
  if (step.word.key != nullptr) fields.emplace_back(step.word.key, step.word.text);
  if (const Number& number = step.number; number.key != nullptr) {
    const unsigned units = number.least + below(number.most - number.least + 1);
    if (number.unit == 1) {
      fields.emplace_back(number.key, units);
    } else {
      fields.emplace_back(number.key, units * number.unit);
    }
  }
  const telemetry::TraceContext span = task.trace.child();
  output_->now = task.next;
  loggers_[step.service].log(step.level, &span, step.message, fields);

  ServiceLine line;
  line.service = step.service;
  line.time = task.next;
  line.to_stderr = step.level >= Level::kWarn;
  line.text = std::exchange(output_->text, {});
  if (task.step != task.end) {
    task.next +=
        std::chrono::milliseconds(task.step->least_ms + below(task.step->most_ms - task.step->least_ms + 1));
  }
  return line;
}

void Guild::advance(Time now, std::vector<ServiceLine>& lines) {
  for (;;) {
    const bool begin = open_ && next_task_ <= now && (running_.empty() || next_task_ <= running_.top().next);
    if (begin) {
      begin_task();
      continue;
    }
    if (running_.empty() || running_.top().next > now) return;
    Task task = running_.top();
    running_.pop();
    lines.push_back(take_step(task));
    if (task.step != task.end) running_.push(std::move(task));
  }
}

}  // namespace lokitail::agent::demo
