// Sends the spans of a tracer (tracer.h) to where the configuration says, as OTLP over HTTP with protobuf:
// some together, one request at a time. What cannot be sent for a while is dropped and counted; delivery
// never waits for it.
//
// Threads: the control thread. Ownership: shared with the request that is on its way; metrics outlive it.
// Errors:  the constructor throws std::invalid_argument for an endpoint that is none. What goes wrong later
//          is told in the log, once in a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/backoff.h"
#include "agent/http/client.h"
#include "agent/telemetry/metrics.h"
#include "agent/telemetry/tracing/tracer.h"
#include "config/config.h"

namespace lokitail::agent {

class TraceExporter : public std::enable_shared_from_this<TraceExporter> {
 public:
  TraceExporter(boost::asio::io_context& control, const config::TracingConfig& config, Metrics& metrics,
                std::string host_name);
  ~TraceExporter() { tracer_->close(); }

  const std::shared_ptr<Tracer>& tracer() const { return tracer_; }

  void start();
  // Sends what waits, for so long at most, and not where the endpoint does not take it anyway.
  boost::asio::awaitable<void> finish(std::chrono::nanoseconds patience);
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> send(std::vector<Span> spans);
  void dropped(const char* reason, std::size_t spans);
  void failed(const std::string& problem);
  void went_well();

  boost::asio::io_context& control_;
  Metrics& metrics_;
  const std::string host_name_;
  const std::shared_ptr<Tracer> tracer_;
  const http::Url url_;
  const http::Headers headers_;
  http::Client client_;
  boost::asio::steady_timer timer_;
  Backoff backoff_;
  bool is_running_ = false;
  bool is_idle_ = false;     // waits until there is something
  bool is_sending_ = false;  // or about to
  bool hurries_ = false;
  bool fails_ = false;
  Clock::time_point told_{};     // a failure, last
  std::uint64_t held_back_ = 0;  // failures since
};

}  // namespace lokitail::agent
