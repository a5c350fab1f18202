#include "agent/discovery/kubernetes/reflector.h"

#include <random>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/http/url.h"
#include "agent/pause.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent::kubernetes {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTimeout{60};  // of a list
constexpr std::chrono::milliseconds kFirstRetry{500};
constexpr std::chrono::seconds kLongestRetry{30};
constexpr int kPageItems = 500;
constexpr std::size_t kMostPageBytes = std::size_t{64} << 20;
// A watch that ends sooner counts as a failure, so that a server that ends all at once is not asked for ever.
constexpr std::chrono::seconds kShortWatch{1};
constexpr int kGone = 410;
constexpr int kUnauthorized = 401;

const http::Headers& headers() {
  static const http::Headers kHeaders{{"Accept", "application/json"},
                                      {"User-Agent", std::string("lokitail/") + kVersion}};
  return kHeaders;
}

std::chrono::seconds random_up_to(std::chrono::seconds most) {
  static std::minstd_rand random(std::random_device{}());
  return std::chrono::seconds(
      std::uniform_int_distribution<std::chrono::seconds::rep>(0, most.count())(random));
}

}  // namespace

Reflector::Reflector(asio::io_context& control, const Cluster& cluster, ReflectorConfig config,
                     ObjectListener& told)
    : cluster_(cluster),
      config_(std::move(config)),
      told_(told),
      client_(control, cluster.url, cluster.http, kTimeout, std::chrono::nanoseconds(0)),
      timer_(control),
      backoff_(kFirstRetry, kLongestRetry, std::random_device{}()) {}

void Reflector::start() {
  is_running_ = true;
  asio::co_spawn(
      timer_.get_executor(), [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Reflector::stop() {
  is_running_ = false;
  timer_.cancel();
  client_.close();
}

asio::awaitable<void> Reflector::run() {
  bool lists = true;
  bool was_expired = false;
  while (is_running_) {
    Outcome outcome = Outcome::kDone;
    if (lists) {
      outcome = co_await list();
    } else {
      outcome = co_await watch();
    }
    if (!is_running_) co_return;
    if (outcome == Outcome::kDone) {
      if (!lists) was_expired = false;
      lists = false;
      continue;
    }
    if (outcome == Outcome::kExpired) {
      lists = true;
      may_use_cache_ = false;
      if (!std::exchange(was_expired, true)) continue;  // at once, but not again and again
    }
    if (watched_ == Outcome::kFailed) lists = true;
    co_await pause(timer_, backoff_.next());
  }
}

std::string Reflector::target(const std::string& query) const {
  std::string text = cluster_.base + config_.path + '?' + query;
  if (!config_.label_selector.empty())
    text += "&labelSelector=" + http::percent_encode(config_.label_selector);
  if (!config_.field_selector.empty())
    text += "&fieldSelector=" + http::percent_encode(config_.field_selector);
  return text;
}

asio::awaitable<Reflector::Outcome> Reflector::list() {
  std::string next;
  std::string version;
  ++list_;
  bool asks_again = true;
  for (;;) {
    std::string query = fmt::format("limit={}", kPageItems);
    if (!next.empty()) {
      query += "&continue=" + http::percent_encode(next);
    } else if (config_.lists_from_cache && may_use_cache_) {
      query += "&resourceVersion=0";
    }
    std::string page_target = target(query);
    const http::Response response = co_await client_.get(std::move(page_target), headers(), kMostPageBytes);
    if (!is_running_) co_return Outcome::kFailed;
    if (response.status == kUnauthorized && std::exchange(asks_again, false)) continue;
    if (!response.ok()) co_return fail(response);
    const auto page = parser_.parse_page(response.body);
    if (!page) {
      report("the answer is no list of objects");
      co_return Outcome::kFailed;
    }
    version = page->resource_version;
    next = page->next;
    asks_again = true;
    for (const Json& object : page->items) take(object);
    if (next.empty()) break;
  }
  version_ = version;
  watched_ = Outcome::kDone;
  forget_unlisted();
  recovered();
  told_.listed();
  co_return Outcome::kDone;
}

void Reflector::take(const Json& object) {
  const std::string key = object_key(object);
  if (key.empty()) return;
  const std::string uid = text_of(object.find("metadata"), "uid");
  const auto [known, is_new] = seen_.try_emplace(key);
  if (!is_new && known->second.uid != uid) told_.gone(key);
  known->second = {uid, list_};
  told_.changed(key, object);
}

void Reflector::forget_unlisted() {
  std::erase_if(seen_, [this](const auto& seen) {
    if (seen.second.list == list_) return false;
    told_.gone(seen.first);
    return true;
  });
}

asio::awaitable<Reflector::Outcome> Reflector::watch() {
  const std::chrono::seconds time = config_.watch_time + random_up_to(config_.watch_spread);
  const std::string query =
      fmt::format("watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
                  http::percent_encode(version_), time.count());
  watched_ = Outcome::kDone;
  events_ = 0;
  const auto begun = Clock::now();
  http::Response response;
  for (const bool may_ask_again : {true, false}) {
    LineReader lines;
    // In a variable: GCC 12 destroys a lambda in the call's arguments twice.
    http::Client::Streaming events{.take = [this, &lines](std::string_view bytes) -> asio::awaitable<bool> {
                                     const bool goes_on = lines.feed(
                                         bytes, [this](std::string_view line) { return take(line); });
                                     co_return goes_on&& is_running_;
                                   },
                                   .silence = time + config_.silence};
    std::string watch_target = target(query);
    response = co_await client_.stream(std::move(watch_target), headers(), std::move(events));
    if (!is_running_) co_return Outcome::kFailed;
    if (lines.passed_over() > 0) {
      log::warn("objects of the Kubernetes API are too long and were passed over",
                {{"path", config_.path}, {"objects", lines.passed_over()}});
    }
    if (response.status != kUnauthorized || !may_ask_again) break;
  }
  if (events_ > 0 || Clock::now() - begun >= kShortWatch) backoff_.reset();
  if (watched_ != Outcome::kDone) co_return watched_;
  if (response.status / 100 != 2) co_return fail(response);
  // It ended, or was cut: it goes on from where it was.
  if (Clock::now() - begun >= kShortWatch || events_ > 0) {
    log::debug("a watch of the Kubernetes API goes on", {{"path", config_.path}, {"error", response.error}});
    co_return Outcome::kDone;
  }
  if (!response.error.empty()) report(response.error);
  co_return Outcome::kFailed;
}

bool Reflector::take(std::string_view line) {
  const auto event = parser_.parse_event(line);
  if (!event) {
    report("an event cannot be read");
    watched_ = Outcome::kFailed;
    return false;
  }
  if (event->kind == Event::Kind::kError) {
    watched_ = event->code == kGone ? Outcome::kExpired : Outcome::kFailed;
    if (watched_ == Outcome::kFailed) report(fmt::format("{} ({})", event->message, event->code));
    return false;
  }
  ++events_;
  if (!event->resource_version.empty()) version_ = event->resource_version;
  if (event->kind == Event::Kind::kDeleted) {
    const std::string key = object_key(event->object);
    if (seen_.erase(key) != 0) told_.gone(key);
  } else if (event->kind != Event::Kind::kBookmark) {
    take(event->object);
  }
  if (!reported_.empty()) recovered();
  return true;
}

Reflector::Outcome Reflector::fail(const http::Response& response) {
  if (response.status == kGone) return Outcome::kExpired;
  std::string problem = response.error;
  if (problem.empty()) {
    problem = fmt::format("HTTP status {}: {}", response.status, parser_.parse_message(response.body));
  }
  report(problem);
  return Outcome::kFailed;
}

// The same trouble is told once.
void Reflector::report(const std::string& problem) {
  if (problem == std::exchange(reported_, problem)) return;
  log::error(
      "the Kubernetes API does not answer; what it told before stays",
      {{"url", cluster_.url.scheme + "://" + cluster_.url.host_header() + config_.path}, {"error", problem}});
}

void Reflector::recovered() {
  if (std::exchange(reported_, {}).empty()) return;
  log::info("the Kubernetes API answers again", {{"path", config_.path}});
}

}  // namespace lokitail::agent::kubernetes
