#include "agent/command/demo/services.h"

#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace lokitail::agent::demo {

// Each # in `fields` becomes a digit from 1 to 9.
struct Step {
  std::size_t service;
  const char* level;
  const char* message;
  unsigned least_ms, most_ms;  // after the step before it
  const char* fields = "";
};

namespace {

enum Service : std::size_t { kGateway, kOrders, kPayments, kOvens, kDelivery };

constexpr Step kDelivered[] = {
    {kGateway, "info", "request received", 0, 5, R"("method":"POST","path":"/v1/orders")"},
    {kGateway, "debug", "session found", 1, 4},
    {kOrders, "info", "order created", 5, 20, R"("items":#)"},
    {kPayments, "debug", "asking the provider", 2, 8, R"("provider":"piggybank")"},
    {kPayments, "info", "payment authorised", 40, 200, R"("amount":##.#0)"},
    {kOvens, "debug", "compared free slots", 2, 10, R"("slots":#)"},
    {kOvens, "info", "baking slot reserved", 10, 40, R"("oven":"oven-#")"},
    {kDelivery, "info", "courier assigned", 10, 60, R"("courier":"bike-##","minutes":2#)"},
    {kGateway, "info", "request completed", 2, 10, R"("status":201)"},
};
constexpr Step kHotOven[] = {
    {kGateway, "info", "request received", 0, 5, R"("method":"POST","path":"/v1/orders")"},
    {kOrders, "info", "order created", 5, 20, R"("items":1#)"},
    {kPayments, "debug", "asking the provider", 2, 8, R"("provider":"piggybank")"},
    {kPayments, "info", "payment authorised", 40, 200, R"("amount":1##.#0)"},
    {kOvens, "warn", "oven is too hot, trying another", 5, 20, R"("oven":"oven-2","celsius":26#)"},
    {kOvens, "debug", "compared free slots", 2, 10, R"("slots":#)"},
    {kOvens, "info", "baking slot reserved", 80, 300, R"("oven":"oven-4")"},
    {kDelivery, "warn", "all couriers are out, waiting", 10, 40, R"("waiting":#)"},
    {kDelivery, "info", "courier assigned", 200, 500, R"("courier":"van-#","minutes":4#)"},
    {kGateway, "info", "request completed", 2, 10, R"("status":201)"},
};
constexpr Step kDeclined[] = {
    {kGateway, "info", "request received", 0, 5, R"("method":"POST","path":"/v1/orders")"},
    {kOrders, "info", "order created", 5, 20, R"("items":#)"},
    {kPayments, "debug", "asking the provider", 2, 8, R"("provider":"piggybank")"},
    {kPayments, "warn", "provider is slow", 200, 400, R"("provider":"piggybank")"},
    {kPayments, "error", "payment declined", 100, 300, R"("error":"insufficient funds")"},
    {kOrders, "info", "order cancelled", 2, 10},
    {kGateway, "warn", "request refused", 2, 10, R"("status":402)"},
};

// Of a hundred orders so many are; with these shares an order logs 9 lines in the mean.
constexpr unsigned kHotOvens = 12;
constexpr unsigned kDeclinedPayments = 6;
constexpr double kLinesPerOrder = 9;

}  // namespace

Bakery::Bakery(int rate, Time start)
    : random_(std::random_device()()), pace_(kLinesPerOrder / rate), next_order_(start) {}

unsigned Bakery::below(unsigned end) { return static_cast<unsigned>(random_() % end); }

std::string Bakery::hex(int digits) {
  std::string text;
  while (static_cast<int>(text.size()) < digits) text += fmt::format("{:016x}", random_());
  text.resize(static_cast<std::size_t>(digits));
  return text;
}

void Bakery::begin_order() {
  const unsigned of_hundred = below(100);
  std::span<const Step> story = kDelivered;
  if (of_hundred < kHotOvens) {
    story = kHotOven;
  } else if (of_hundred < kHotOvens + kDeclinedPayments) {
    story = kDeclined;
  }
  running_.push({next_order_, next_order_, story.data(), story.data() + story.size(), hex(32),
                 "task-" + hex(6)});
  const auto wait = pace_ * (0.5 + below(1000) / 1000.0);
  next_order_ += std::chrono::duration_cast<Time::duration>(wait);
}

ServiceLine Bakery::take_step(Order& order) {
  const Step& step = *order.step++;
  ServiceLine line;
  line.service = step.service;
  line.time = order.next;
  line.to_stderr = step.level[0] == 'w' || step.level[0] == 'e';
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(order.next);
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(order.next - order.started);
  line.text = fmt::format(
      R"({{"level":"{}","timestamp":"{:%FT%T}.{:03}Z","service":"{}","trace_id":"{}","span_id":"{}",)"
      R"("message":"{}","task_id":"{}","duration_ms":{})",
      step.level, fmt::gmtime(std::chrono::system_clock::to_time_t(milliseconds)),
      milliseconds.time_since_epoch().count() % 1000, kServices[step.service], order.trace_id,
      hex(16), step.message, order.task_id, passed.count());
  if (*step.fields != '\0') line.text += ',';
  for (const char* c = step.fields; *c != '\0'; ++c) {
    line.text += *c == '#' ? static_cast<char>('1' + below(9)) : *c;
  }
  line.text += "}\n";
  if (order.step != order.end) {
    order.next += std::chrono::milliseconds(order.step->least_ms +
                                            below(order.step->most_ms - order.step->least_ms + 1));
  }
  return line;
}

void Bakery::advance(Time now, std::vector<ServiceLine>& lines) {
  for (;;) {
    const bool begin =
        open_ && next_order_ <= now && (running_.empty() || next_order_ <= running_.top().next);
    if (begin) {
      begin_order();
      continue;
    }
    if (running_.empty() || running_.top().next > now) return;
    Order order = running_.top();
    running_.pop();
    lines.push_back(take_step(order));
    if (order.step != order.end) running_.push(std::move(order));
  }
}

}  // namespace lokitail::agent::demo
