#include "agent/telemetry/tracing/trace_exporter.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "agent/pause.h"
#include "agent/telemetry/log.h"
#include "agent/telemetry/tracing/otlp_spans.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// Spans that come within this time travel together, as many as this.
constexpr std::chrono::seconds kGatherTime{1};
constexpr std::size_t kMostTogether = 512;
constexpr int kMostAttempts = 5;
constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLongestRetry{30};
constexpr std::chrono::minutes kConnectionAge{5};
constexpr std::chrono::hours kLong{24};
constexpr std::chrono::milliseconds kFinishPoll{5};
// A failure is told so often at most.
constexpr std::chrono::minutes kTellPeriod{1};

http::Url url_of(const config::TracingConfig& config) {
  auto url = http::parse_url(config.endpoint.reveal());
  if (!url) throw std::invalid_argument("tracing: the endpoint is not an http or https URL");
  // As with OTEL_EXPORTER_OTLP_ENDPOINT: a server alone is one with the usual path.
  if (url->target.empty() || url->target == "/") url->target = "/v1/traces";
  return *std::move(url);
}

http::Headers headers_of(const config::TracingConfig& config) {
  http::Headers headers = {{"Content-Type", "application/x-protobuf"},
                           {"User-Agent", std::string("lokitail/") + kVersion}};
  for (const auto& [name, value] : config.headers) headers.emplace_back(name, value.reveal());
  return headers;
}

// https://opentelemetry.io/docs/specs/otlp/#failures-1: what else there is will not be taken another time
// either.
bool may_be_sent_again(int status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

prometheus::Counter& dropped_spans(Metrics& metrics, const char* reason) {
  return metrics.counter_of("lokitail_trace_spans_dropped_total",
                            "Spans of the agent's own traces that were not sent, by reason.",
                            {{"reason", reason}});
}

}  // namespace

TraceExporter::TraceExporter(asio::io_context& control, const config::TracingConfig& config, Metrics& metrics,
                             std::string host_name)
    : control_(control),
      metrics_(metrics),
      host_name_(std::move(host_name)),
      tracer_(std::make_shared<Tracer>(config.sampling_ratio, static_cast<std::size_t>(config.queue_size),
                                       dropped_spans(metrics, "queue_full"))),
      url_(url_of(config)),
      headers_(headers_of(config)),
      client_(control, url_, config.http, config.timeout, kConnectionAge),
      timer_(control),
      backoff_(kFirstRetry, kLongestRetry, std::random_device{}()) {}

void TraceExporter::start() {
  is_running_ = true;
  tracer_->on_something([weak = weak_from_this(), &control = control_] {
    asio::post(control, [weak] {
      if (const auto self = weak.lock(); self && self->is_idle_) self->timer_.cancel();
    });
  });
  asio::co_spawn(
      control_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

asio::awaitable<void> TraceExporter::run() {
  const auto self = shared_from_this();
  while (is_running_) {
    if (tracer_->waiting() == 0) {
      is_idle_ = true;
      co_await pause(timer_, kLong);
      is_idle_ = false;
      continue;
    }
    if (!hurries_ && tracer_->waiting() < kMostTogether) co_await pause(timer_, kGatherTime);
    is_sending_ = true;
    while (is_running_ && tracer_->waiting() > 0) co_await send(tracer_->take(kMostTogether));
    is_sending_ = false;
  }
}

asio::awaitable<void> TraceExporter::send(std::vector<Span> spans) {
  const std::string body = otlp_request(spans, host_name_);
  for (int attempt = 1;; ++attempt) {
    const http::Response response = co_await client_.post(headers_, body);
    if (response.ok()) {
      const ExportAnswer answer = read_export_answer(response.body);
      const auto rejected = std::min<std::size_t>(answer.rejected_spans, spans.size());
      metrics_
          .counter_of("lokitail_trace_spans_sent_total", "Spans of the agent's own traces that were taken.")
          .Increment(static_cast<double>(spans.size() - rejected));
      if (rejected == 0) co_return went_well();
      dropped("refused", rejected);
      co_return failed("of " + std::to_string(spans.size()) + " spans " + std::to_string(rejected) +
                       " were refused: " + answer.message);
    }
    if (!is_running_) co_return dropped("stopping", spans.size());
    failed(response.problem());
    if (!may_be_sent_again(response.status)) co_return dropped("refused", spans.size());
    if (attempt >= kMostAttempts || hurries_) co_return dropped("not_reached", spans.size());
    co_await pause(timer_, backoff_.next());
    if (!is_running_) co_return dropped("stopping", spans.size());
  }
}

void TraceExporter::dropped(const char* reason, std::size_t spans) {
  dropped_spans(metrics_, reason).Increment(static_cast<double>(spans));
}

void TraceExporter::failed(const std::string& problem) {
  const auto now = Clock::now();
  if (std::exchange(fails_, true) && now - told_ < kTellPeriod) {
    ++held_back_;
    return;
  }
  told_ = now;
  log::warn(
      "traces cannot be sent; delivery goes on without them",
      {{"endpoint", url_.authority()}, {"error", problem}, {"held_back", std::exchange(held_back_, 0)}});
}

void TraceExporter::went_well() {
  backoff_.reset();
  if (!std::exchange(fails_, false)) return;
  held_back_ = 0;
  log::info("traces can be sent again", {{"endpoint", url_.authority()}});
}

asio::awaitable<void> TraceExporter::finish(std::chrono::nanoseconds patience) {
  const auto self = shared_from_this();
  const auto deadline = Clock::now() + patience;
  hurries_ = true;
  timer_.cancel();
  asio::steady_timer timer(control_);
  while (!fails_ && (is_sending_ || tracer_->waiting() > 0) && Clock::now() < deadline) {
    co_await pause(timer, kFinishPoll);
  }
}

void TraceExporter::stop() {
  is_running_ = false;
  dropped("stopping", tracer_->waiting());
  tracer_->close();
  timer_.cancel();
  client_.close();
}

}  // namespace lokitail::agent
