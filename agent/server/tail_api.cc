#include "agent/server/tail_api.h"

#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agent/into_error.h"
#include "agent/pause.h"
#include "agent/server/json_answer.h"
#include "agent/server/live_tail.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr double kMostRate = 1000;
// How often what has come is written.
constexpr std::chrono::milliseconds kPeriod{100};
// A sign of life after so long, which tells whether the reader is still there.
constexpr std::chrono::seconds kSilence{5};

double rate_of(const std::string& text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size() || !(rate >= 1 && rate <= kMostRate)) {
    throw std::invalid_argument("rate: expected entries per second, 1 to 1000");
  }
  return rate;
}

TailWish read_wish(std::string_view query) {
  TailWish wish;
  const std::string point = form_value(query, "point").value_or("after");
  if (point != "before" && point != "after") throw std::invalid_argument("point: expected before or after");
  if (point == "before") wish.point = EntryWatcher::Point::kBefore;
  wish.job = form_value(query, "job").value_or("");
  wish.selector = form_value(query, "selector").value_or("");
  if (const auto rate = form_value(query, "rate")) wish.rate = rate_of(*rate);
  return wish;
}

// Watches all workers until its end().
class Watching {
 public:
  Watching(const std::shared_ptr<LiveTail>& tail, const std::vector<Worker*>& workers,
           std::shared_ptr<std::size_t> tails)
      : tails_(std::move(tails)) {
    ++*tails_;
    for (Worker* const worker : workers) {
      watches_.emplace_back(worker, LiveTail::make_watcher(tail));
      worker->watch(watches_.back().second);
    }
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  // A tail that is broken off because the agent ends, and its workers with it, tells them nothing.
  ~Watching() {
    if (tails_) --*tails_;
  }

  void end() {
    for (auto& [worker, watcher] : std::exchange(watches_, {})) worker->unwatch(std::move(watcher));
  }

 private:
  std::vector<std::pair<Worker*, std::shared_ptr<EntryWatcher>>> watches_;
  std::shared_ptr<std::size_t> tails_;
};

}  // namespace

void TailApi::serve(HttpServer& server) {
  server.on_get(
      "/api/v1/tail",
      [this](HttpRequest& request) -> asio::awaitable<HttpAnswer> { co_return tail(request); },
      Access::kAdmin);
}

HttpAnswer TailApi::tail(const HttpRequest& request) {
  if (*tails_ >= kMostTails) return json_error(429, "too many tails at a time");
  std::shared_ptr<LiveTail> tail;
  try {
    tail = std::make_shared<LiveTail>(read_wish(request.query));
  } catch (const std::exception& error) {
    return json_error(400, error.what());
  }
  HttpAnswer answer;
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.stream = [this, tail](HttpStream& body) -> asio::awaitable<void> {
    Watching watching(tail, parts_.workers(), tails_);
    asio::steady_timer timer(parts_.control);
    auto last = std::chrono::steady_clock::now();
    bool alive = co_await body.write(": lokitail\n\n");
    while (alive) {
      co_await pause(timer, kPeriod);
      LiveTail::Taken taken = tail->take();
      if (taken.skipped > 0)
        taken.events += "event: skipped\ndata: " + std::to_string(taken.skipped) + "\n\n";
      const auto now = std::chrono::steady_clock::now();
      if (taken.events.empty() && now - last >= kSilence) taken.events = ": still here\n\n";
      if (!taken.events.empty()) last = now;
      alive = co_await body.write(taken.events);
    }
    watching.end();
  };
  return answer;
}

}  // namespace lokitail::agent
