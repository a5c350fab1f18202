#include "agent/command/top/picture.h"

#include <catch2/catch.hpp>

#include <string>

#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent::top {
namespace {

constexpr const char* kStatus =
    R"({"host": "web1", "version": "1.2", "healthy": true, "uptime_seconds": 7300, "memory_bytes": 8388608,
        "bytes_in_flight": 512, "bytes_in_flight_limit": 8388608, "lines_total": %, "sent_bytes_total": 0})";
constexpr const char* kClients =
    R"({"clients": [{"name": "main", "state": "failing", "trouble": "no \u001b[2J answer", "last_answer": {"status": 503},
        "queued_pushes": 3, "lag_seconds": 12.5, "entries": {"sent": %, "refused": 1, "dropped": 2}}]})";
constexpr const char* kTargets =
    R"({"targets": [{"path": "/var/log/slow.log", "job": "a", "state": "reading", "lag_bytes": 2048, "lag_seconds": 3, "lines": 10, "lines_per_second": 1.5, "bytes_per_second": 2048},
                    {"path": "/var/log/fast.log", "job": "a", "state": "reading", "lag_bytes": 0, "lines": %, "lines_per_second": 150},
                    {"kind": "kafka", "part": "logs/3", "job": "b", "state": "ready"}]})";

std::string with(std::string text, int number) {
  return text.replace(text.find('%'), 1, std::to_string(number));
}

void take(Picture& picture, int number, double seconds) {
  pipeline::Arena arena;
  const std::string texts[] = {with(kStatus, number), with(kClients, number), with(kTargets, number)};
  const auto parse = [&arena](const std::string& text) {
    return *pipeline::lang::parse_strict_json(text, arena);
  };
  picture.take(parse(texts[0]), parse(texts[1]), parse(texts[2]), seconds);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("rates are the differences of two moments") {
  Picture picture{Painter(false)};
  take(picture, 1000, 10);
  CHECK_THAT(joined(picture.lines(100, 50, Order::kLag)), Catch::Contains("read 0 lines/s"));
  take(picture, 1300, 12);
  const std::string text = joined(picture.lines(100, 50, Order::kLag));
  CHECK_THAT(text, Catch::Contains("lokitail on web1  1.2  up 2 h  healthy") &&
                       Catch::Contains("read 150 lines/s") && Catch::Contains("in flight 512 B of 8.0 MiB"));
  CHECK_THAT(text,
             Catch::Contains("failing") && Catch::Contains("503") && Catch::Contains("no \\x1b[2J answer"));
  take(picture, 5, 14);  // the agent was started anew
  CHECK_THAT(joined(picture.lines(100, 50, Order::kLag)), Catch::Contains("read 0 lines/s"));
}

TEST_CASE("targets are sorted by lag or by rate, and fit") {
  Picture picture{Painter(false)};
  take(picture, 0, 0);
  take(picture, 100, 1);
  const auto place = [&](Order order, const char* what) {
    return joined(picture.lines(80, 50, order)).find(what);
  };
  CHECK(place(Order::kLag, "slow.log") < place(Order::kLag, "fast.log"));
  CHECK(place(Order::kRate, "fast.log") < place(Order::kRate, "slow.log"));
  CHECK(place(Order::kLag, "kafka logs/3") != std::string::npos);
  CHECK_THAT(joined(picture.lines(100, 50, Order::kLag)), Catch::Contains("1.5     2.0 KiB"));
  for (const std::string& line : picture.lines(80, 50, Order::kLag)) CHECK(line.size() <= 80);
  CHECK(picture.lines(80, 10, Order::kLag).size() == 10);
}

}  // namespace
}  // namespace lokitail::agent::top
