#include "agent/discovery/poll.h"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/pause.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds kFirstRetry = std::chrono::milliseconds(500);
constexpr std::chrono::nanoseconds kLongestRetry = std::chrono::seconds(15);
// Then the server's name is looked up again.
constexpr std::chrono::minutes kConnectionAge{5};
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
// A server that has something else to say each time is heard no more.
constexpr std::size_t kMostTold = 32;

http::Headers all_headers(const PollConfig& config) {
  http::Headers headers = config.headers;
  headers.emplace_back("Accept", "application/json");
  headers.emplace_back("User-Agent", std::string("lokitail/") + kVersion);
  return headers;
}

}  // namespace

void Trouble::failed(const void* who, const std::string& problem) {
  failing_.insert(who);
  if (told_.size() >= kMostTold || !told_.insert(problem).second) return;
  log::error("targets cannot be asked for; those of before stay", {{"from", where_}, {"error", problem}});
}

void Trouble::went_well(const void* who) {
  if (failing_.erase(who) == 0 || !failing_.empty()) return;
  told_.clear();
  log::info("targets can be asked for again", {{"from", where_}});
}

void Trouble::gone(const void* who) {
  if (failing_.erase(who) != 0 && failing_.empty()) told_.clear();
}

Poll::Poll(asio::io_context& control, PollConfig config, std::shared_ptr<Trouble> trouble)
    : config_(std::move(config)),
      headers_(all_headers(config_)),
      trouble_(std::move(trouble)),
      client_(control, config_.url, config_.http, config_.timeout, kConnectionAge),
      timer_(control),
      backoff_(std::min(kFirstRetry, config_.interval), std::min(kLongestRetry, config_.interval),
               std::random_device{}()) {}

void Poll::start() {
  is_running_ = true;
  asio::co_spawn(
      timer_.get_executor(), [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Poll::stop() {
  is_running_ = false;
  timer_.cancel();
  client_.close();
  trouble_->gone(this);
}

asio::awaitable<http::Response> Poll::get(std::string target) {
  return client_.get(std::move(target), headers_, kMostBytes);
}

asio::awaitable<void> Poll::run() {
  const auto self = shared_from_this();
  while (is_running_) {
    const Clock::time_point begun = Clock::now();
    const Outcome outcome = co_await ask();
    if (!is_running_) co_return;
    if (!outcome.problem.empty()) {
      trouble_->failed(this, outcome.problem);
      co_await pause(timer_, backoff_.next());
      continue;
    }
    trouble_->went_well(this);
    backoff_.reset();
    const auto rest = config_.interval - (Clock::now() - begun);
    if (!outcome.is_followed && rest > rest.zero()) co_await pause(timer_, rest);
  }
}

}  // namespace lokitail::agent
