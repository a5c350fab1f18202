#include "agent/delivery/sender.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "agent/delivery/push_split.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// Where something is wrong with our credentials or with Loki's settings, prompt retries only add
// load: pauses begin this many times longer.
constexpr int kSlowFactor = 10;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// The first line of what the server said, as Promtail logs it.
std::string_view first_line(std::string_view body) {
  constexpr std::size_t kMost = 1024;
  return body.substr(0, std::min(body.find('\n'), kMost));
}

std::string what_happened(const http::Response& response) {
  if (response.status == 0) return response.error;
  return fmt::format("server returned HTTP status {}: {}", response.status,
                     first_line(response.body));
}

}  // namespace

struct Sender::Lane {
  Lane(asio::io_context& io, const http::Url& url, const config::ClientConfig& config,
       std::string tenant_id)
      : tenant(std::move(tenant_id)),
        client(io, url, config.http, config.timeout),
        timer(io),
        backoff(config.backoff.min_period, config.backoff.max_period, random_seed()),
        slow_backoff(kSlowFactor * config.backoff.min_period,
                     std::max(config.backoff.max_period, kSlowFactor * config.backoff.min_period),
                     random_seed()) {}

  const std::string tenant;
  http::Client client;
  http::Headers headers;
  asio::steady_timer timer;
  Backoff backoff;
  Backoff slow_backoff;
  std::deque<std::unique_ptr<Push>> queue;  // the first is on its way
  std::string trouble;                      // empty: the latest attempt was good
  bool running = false;
};

Sender::Sender(asio::io_context& io, const config::ClientConfig& config, Metrics& metrics,
               Budget& budget)
    : io_(io), config_(config), metrics_(metrics), budget_(budget) {
  const auto url = http::parse_url(config.url.reveal());
  if (!url) throw std::invalid_argument("client URL is not an http or https URL");
  url_ = *url;
  host_ = url_.authority();
}

Sender::~Sender() = default;

void Sender::send(std::unique_ptr<Push> push) {
  metrics_.encoded_bytes(host_).Increment(static_cast<double>(push->body.size()));
  auto& lane = lanes_[push->tenant];
  if (!lane) {
    lane = std::make_shared<Lane>(io_, url_, config_, push->tenant);
    lane->headers = headers_for(push->tenant);
    metrics_.add_tenant(host_, push->tenant);
  }
  lane->queue.push_back(std::move(push));
  if (lane->running || stopping_) return;
  lane->running = true;
  asio::co_spawn(io_, [this, lane] { return run(*lane); }, asio::detached);
}

asio::awaitable<void> Sender::run(Lane& lane) {
  while (!lane.queue.empty() && !stopping_) co_await attempt(lane);
  lane.running = false;
}

asio::awaitable<void> Sender::attempt(Lane& lane) {
  Push& push = *lane.queue.front();
  const Clock::time_point start = Clock::now();
  const http::Response response = co_await lane.client.post(lane.headers, push.body);
  if (stopping_) co_return;
  const std::chrono::duration<double> took = Clock::now() - start;
  metrics_.request_duration(host_, response.status == 0 ? -1 : response.status).Observe(took.count());

  const Answer answer =
      interpret_answer(response.status, response.body, response.retry_after, push.raw_bytes);
  switch (answer.meaning) {
    case Meaning::kSettled:
      metrics_.sent_bytes(host_).Increment(static_cast<double>(push.body.size()));
      metrics_.sent_entries(host_).Increment(static_cast<double>(push.entries));
      settle(lane);
      break;
    case Meaning::kRefused:
      refuse(lane, answer, response);
      break;
    case Meaning::kSplit:
      split(lane, answer, response);
      break;
    case Meaning::kRetry:
    case Meaning::kRetrySlowly:
      co_await wait(lane, answer, response);
      break;
  }
}

void Sender::settle(Lane& lane) {
  if (!lane.trouble.empty()) {
    log::info("sending works again", {{"host", host_}, {"tenant", lane.tenant}});
    lane.trouble.clear();
  }
  lane.backoff.reset();
  lane.slow_backoff.reset();
  const std::unique_ptr<Push> push = std::move(lane.queue.front());
  lane.queue.pop_front();
  budget_.give_back(push->cost());
  push->receipt->part_settled();
}

void Sender::refuse(Lane& lane, const Answer& answer, const http::Response& response) {
  const Push& push = *lane.queue.front();
  const std::size_t refused = std::min(answer.refused_entries, push.entries);
  const auto share = static_cast<double>(refused) / static_cast<double>(push.entries);
  metrics_.refused_entries(host_, lane.tenant, answer.reason).Increment(static_cast<double>(refused));
  metrics_.dropped_entries(host_, lane.tenant, "ingester_error").Increment(static_cast<double>(refused));
  metrics_.dropped_bytes(host_, lane.tenant, "ingester_error")
      .Increment(share * static_cast<double>(push.body.size()));
  metrics_.sent_bytes(host_).Increment(static_cast<double>(push.body.size()));
  metrics_.sent_entries(host_).Increment(static_cast<double>(push.entries - refused));
  log::error("Loki refused entries for good; it has taken the others of this push",
             {{"host", host_},
              {"tenant", lane.tenant},
              {"status", response.status},
              {"reason", answer.reason},
              {"refused", refused},
              {"entries", push.entries},
              {"error", first_line(response.body)}});
  settle(lane);
}

void Sender::split(Lane& lane, const Answer& answer, const http::Response& response) {
  const Push& push = *lane.queue.front();
  auto [first, second] =
      push.entries > 1 ? split_push(push) : std::pair<std::unique_ptr<Push>, std::unique_ptr<Push>>();
  if (!first) {
    log::error("dropping an entry that is too large for Loki even alone",
               {{"host", host_}, {"tenant", lane.tenant}, {"error", what_happened(response)}});
    drop(lane, answer.reason);
    return;
  }
  log::warn("push is too large for Loki: sending it in two halves",
            {{"host", host_},
             {"tenant", lane.tenant},
             {"entries", push.entries},
             {"bytes", push.raw_bytes},
             {"error", what_happened(response)}});
  budget_.give_back(push.cost());
  budget_.take(first->cost() + second->cost());
  lane.queue.front() = std::move(second);
  lane.queue.push_front(std::move(first));
}

void Sender::drop(Lane& lane, const std::string& reason) {
  const Push& push = *lane.queue.front();
  metrics_.refused_entries(host_, lane.tenant, reason).Increment(static_cast<double>(push.entries));
  const std::string promtail_reason = reason == "rate_limited" ? reason : "ingester_error";
  metrics_.dropped_entries(host_, lane.tenant, promtail_reason)
      .Increment(static_cast<double>(push.entries));
  metrics_.dropped_bytes(host_, lane.tenant, promtail_reason)
      .Increment(static_cast<double>(push.body.size()));
  settle(lane);
}

bool Sender::gives_up(const Lane& lane, const http::Response& response) const {
  if (response.status == 429 && config_.drop_rate_limited_batches) return true;
  const int attempts = lane.backoff.attempts() + lane.slow_backoff.attempts();
  return config_.backoff.max_retries > 0 && attempts >= config_.backoff.max_retries;
}

asio::awaitable<void> Sender::wait(Lane& lane, const Answer& answer,
                                   const http::Response& response) {
  const bool slowly = answer.meaning == Meaning::kRetrySlowly;
  std::chrono::nanoseconds delay = slowly ? lane.slow_backoff.next() : lane.backoff.next();
  metrics_.batch_retries(host_, lane.tenant).Increment();
  lane.trouble = what_happened(response);
  if (gives_up(lane, response)) {
    log::error("final error sending batch",
               {{"host", host_}, {"tenant", lane.tenant}, {"error", lane.trouble}});
    drop(lane, answer.reason);
    co_return;
  }
  if (answer.retry_after) delay = std::max<std::chrono::nanoseconds>(delay, *answer.retry_after);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(delay).count();
  if (slowly) {
    log::error("Loki does not take our pushes; retrying slowly, nothing is dropped",
               {{"host", host_},
                {"tenant", lane.tenant},
                {"reason", answer.reason},
                {"error", lane.trouble},
                {"retry_in_ms", milliseconds}});
  } else {
    log::warn("error sending batch, will retry", {{"host", host_},
                                                  {"tenant", lane.tenant},
                                                  {"status", response.status == 0 ? -1 : response.status},
                                                  {"error", lane.trouble},
                                                  {"retry_in_ms", milliseconds}});
  }
  lane.timer.expires_after(std::chrono::duration_cast<Clock::duration>(delay));
  boost::system::error_code hurried;
  co_await lane.timer.async_wait(asio::redirect_error(asio::use_awaitable, hurried));
}

http::Headers Sender::headers_for(const std::string& tenant) const {
  http::Headers headers = {{"Content-Type", "application/x-protobuf"},
                           {"User-Agent", std::string("lokitail/") + kVersion}};
  if (!tenant.empty()) headers.emplace_back("X-Scope-OrgID", tenant);
  const std::size_t own = headers.size();
  const auto add = [&headers, own, this](const std::string& name, const std::string& value) {
    const auto same_name = [&name](const auto& header) { return http::equal_names(header.first, name); };
    if (std::any_of(headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(own), same_name)) {
      log::warn("custom header is one that lokitail sets itself: skipped",
                {{"host", host_}, {"header", name}});
    } else {
      headers.emplace_back(name, value);
    }
  };
  for (const auto& [name, value] : config_.headers) add(name, value.reveal());
  return headers;
}

bool Sender::idle() const {
  return std::ranges::all_of(lanes_, [](const auto& lane) { return lane.second->queue.empty(); });
}

SenderStatus Sender::status() const {
  SenderStatus status;
  for (const auto& [tenant, lane] : lanes_) {
    status.queued += lane->queue.size();
    if (lane->trouble.empty()) continue;
    status.delivering = false;
    status.trouble = lane->trouble;
  }
  return status;
}

void Sender::hurry() {
  for (const auto& [tenant, lane] : lanes_) lane->timer.cancel();
}

void Sender::stop() {
  stopping_ = true;
  for (const auto& [tenant, lane] : lanes_) {
    lane->timer.cancel();
    lane->client.close();
  }
}

}  // namespace lokitail::agent
