#include "agent/source/received/http_receiver.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "agent/into_error.h"
#include "agent/telemetry/log.h"
#include "agent/telemetry/metrics.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kRetryAfter{1};
// Of requests that came while there was room: more of them are not unpacked before some of it is taken.
constexpr std::size_t kMostWaitingBytes = std::size_t{8} << 20;
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kStopping = "stopping";
constexpr const char* kFull = "too much waits for delivery; send it again later";

HttpAnswer done() { return {204, kText, ""}; }

HttpAnswer answer_of(const PushResult& result) {
  return {result.error == PushError::kTooLarge ? 413u : 400u, kText, result.message + "\n"};
}

HttpAnswer try_again(unsigned status, const char* why) {
  return {status, kText, std::string(why) + "\n", "", kRetryAfter};
}

HttpServerOptions options_of(const config::ServerConfig& server, std::size_t body_limit) {
  HttpServerOptions options = HttpServerOptions::of(server);
  options.body_budget = std::max(options.body_budget, body_limit);
  return options;
}

// What a sender waits for. Shared with who opens it, perhaps when nobody waits any more.
class Gate {
 public:
  Gate(asio::io_context& io, std::chrono::nanoseconds longest_wait)
      : timer_(io, std::chrono::duration_cast<std::chrono::steady_clock::duration>(longest_wait)) {}

  void open() {
    is_open_ = true;
    timer_.cancel();
  }
  // Whether it was opened in time.
  asio::awaitable<bool> wait() {
    boost::system::error_code ignored;
    co_await timer_.async_wait(into(ignored));
    co_return is_open_;
  }

 private:
  asio::steady_timer timer_;
  bool is_open_ = false;
};

}  // namespace

HttpReceiver::HttpReceiver(const config::ScrapeConfig& job, const config::ServerConfig& server,
                           std::size_t body_limit, std::string what, const TargetContext& context)
    : job_(job),
      body_limit_(body_limit),
      what_(std::move(what)),
      patience_(server.http_server_write_timeout),
      control_(context.control),
      worker_(context.worker),
      metrics_(context.metrics),
      server_(context.control, options_of(server, body_limit)) {}

HttpReceiver::~HttpReceiver() = default;

void HttpReceiver::add(Endpoint endpoint) {
  if (std::ranges::find(sources_, endpoint.source) == sources_.end()) sources_.push_back(endpoint.source);
  const auto shared = std::make_shared<const Endpoint>(std::move(endpoint));
  // The server does not outlive this object, nor do its handlers.
  server_.on_post(
      shared->path, body_limit_, [this, shared](HttpRequest& request) { return take(*shared, request); },
      [this, shared] { return gate(*shared); });
}

void HttpReceiver::start() {
  for (const auto& source : sources_) worker_.add(source);
  server_.on_get("/ready", [](HttpRequest&) -> asio::awaitable<HttpAnswer> {
    co_return HttpAnswer{200, kText, "ready\n"};
  });
  try {
    server_.start();
  } catch (const std::exception& problem) {
    throw std::runtime_error(what_ + " of job \"" + job_.job_name + "\": " + problem.what());
  }
  listening_ = true;
  log::info(what_ + " listening on address", {{"job", job_.job_name}, {"port", server_.port()}});
}

void HttpReceiver::stop() {
  listening_ = false;
  server_.stop_accepting();
  for (const auto& source : sources_) source->finish();
}

std::optional<HttpAnswer> HttpReceiver::gate(const Endpoint& endpoint) {
  if (listening_ && endpoint.source->has_room()) return std::nullopt;
  return finished(endpoint, {}, listening_ ? try_again(429, kFull) : try_again(503, kStopping));
}

asio::awaitable<HttpAnswer> HttpReceiver::take(const Endpoint& endpoint, HttpRequest& request) {
  // Its body may have come when this was stopped already.
  if (!listening_) co_return finished(endpoint, request, try_again(503, kStopping));
  // An unpacked body may take a hundred times its memory.
  if (!co_await has_room(*endpoint.source)) co_return finished(endpoint, request, try_again(429, kFull));
  if (!listening_) co_return finished(endpoint, request, try_again(503, kStopping));
  auto block = std::make_unique<ReceivedBlock>();
  const PushResult result = endpoint.read(request, *block);
  if (!result) {
    log::warn("a request was refused", {{"job", job_.job_name},
                                        {"from", request.client.to_string()},
                                        {"path", endpoint.path},
                                        {"error", result.message}});
    co_return finished(endpoint, request, answer_of(result));
  }
  bool settled = block->empty();
  if (!settled) settled = co_await settle(*endpoint.source, std::move(block));
  co_return finished(endpoint, request,
                     settled ? done() : try_again(503, "not delivered in time; it may be delivered later"));
}

// Whether there is, before the sender has to be answered.
asio::awaitable<bool> HttpReceiver::has_room(ReceivedSource& source) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (source.waiting_bytes() > kMostWaitingBytes) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) co_return false;
    const auto gate = std::make_shared<Gate>(control_, left);
    source.when_room([gate] { gate->open(); });
    co_await gate->wait();
  }
  co_return true;
}

// Whether it is, before the sender has to be answered.
asio::awaitable<bool> HttpReceiver::settle(ReceivedSource& source, std::unique_ptr<ReceivedBlock> block) {
  const auto gate = std::make_shared<Gate>(control_, patience_);
  source.offer(std::move(block), [gate] { gate->open(); });
  co_return co_await gate->wait();
}

HttpAnswer HttpReceiver::finished(const Endpoint& endpoint, const HttpRequest& request, HttpAnswer answer) {
  if (endpoint.form) answer = endpoint.form(request, std::move(answer));
  metrics_
      .counter_of(
          "lokitail_received_requests_total", "Requests that bring entries, by what they were answered with",
          {{"job", job_.job_name}, {"endpoint", endpoint.name}, {"status", std::to_string(answer.status)}})
      .Increment();
  return answer;
}

}  // namespace lokitail::agent
