// Sends the pushes of one client to Loki until each is settled: stored, or refused for good and
// counted.
//
// Each tenant has a lane: a queue, a connection and a backoff of its own, with one push on its way at
// a time, so that the entries of a stream arrive in order and a tenant that is rate-limited holds
// back no other.
//
// Threads: delivery's io_context thread only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/answer.h"
#include "agent/delivery/backoff.h"
#include "agent/delivery/budget.h"
#include "agent/delivery/push.h"
#include "agent/http/client.h"
#include "agent/telemetry/metrics.h"
#include "config/config.h"

namespace lokitail::agent {

// What a client is doing, for /readyz and the logs.
struct SenderStatus {
  bool delivering = true;  // the latest attempt of every lane was good
  std::string trouble;     // otherwise: what Loki, or the network, said last
  std::size_t queued = 0;  // pushes not settled
};

class Sender {
 public:
  // `name` is for the logs. Everything else outlives the sender. Throws std::invalid_argument where
  // the client's URL cannot be used.
  Sender(boost::asio::io_context& io, const config::ClientConfig& config, Metrics& metrics,
         Budget& budget);
  ~Sender();

  // Takes a push that is in the budget already.
  void send(std::unique_ptr<Push> push);

  bool idle() const;
  SenderStatus status() const;
  // `host` label of this client's metrics.
  const std::string& host() const { return host_; }

  // Ends waits between attempts: each lane tries again now. For shutdown.
  void hurry();
  // Stops all lanes where they are; what they hold stays unsettled.
  void stop();

 private:
  struct Lane;
  boost::asio::awaitable<void> run(Lane& lane);
  boost::asio::awaitable<void> attempt(Lane& lane);
  void settle(Lane& lane);
  void split(Lane& lane, const Answer& answer, const http::Response& response);
  void refuse(Lane& lane, const Answer& answer, const http::Response& response);
  bool gives_up(const Lane& lane, const http::Response& response) const;
  void drop(Lane& lane, const std::string& reason);
  boost::asio::awaitable<void> wait(Lane& lane, const Answer& answer,
                                    const http::Response& response);
  http::Headers headers_for(const std::string& tenant) const;

  boost::asio::io_context& io_;
  const config::ClientConfig& config_;
  Metrics& metrics_;
  Budget& budget_;
  http::Url url_;
  std::string host_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;
  bool stopping_ = false;
};

}  // namespace lokitail::agent
