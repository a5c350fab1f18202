// A server that is asked again and again: what all kinds of discovery over HTTP have in common.
//
// A round that went well is followed by the next one when the interval has passed since it began, or at once
// where it says so; one that failed, by another after a backoff with jitter.
//
// Threads: the control thread. Ownership: shared by who starts it and its coroutine; whom ask() tells outlives
//          stop(), after which nothing is told.
// Errors:  told in the log, once each and not with each retry, and so is that they are over (Trouble).
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/backoff.h"
#include "agent/http/client.h"
#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent {

// Tells what is wrong with a server for all that ask it.
class Trouble {
 public:
  // `where` is a URL without secrets.
  explicit Trouble(std::string where) : where_(std::move(where)) {}

  void failed(const void* who, const std::string& problem);
  void went_well(const void* who);
  // It asks no more.
  void gone(const void* who);

 private:
  const std::string where_;
  std::set<const void*> failing_;
  std::set<std::string> told_;
};

struct PollConfig {
  http::Url url;  // of the server
  config::HttpClientConfig http;
  http::Headers headers;  // besides User-Agent and Accept
  std::chrono::nanoseconds interval{0};
  std::chrono::nanoseconds timeout{0};  // of a request
};

class Poll : public std::enable_shared_from_this<Poll> {
 public:
  Poll(boost::asio::io_context& control, PollConfig config, std::shared_ptr<Trouble> trouble);
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
  virtual ~Poll() = default;

  void start();
  void stop();

 protected:
  struct Outcome {
    std::string problem;       // for people; empty: it went well
    bool is_followed = false;  // by the next round at once
  };

  // One round. After each wait it looks whether it is still running, and else does nothing more.
  virtual boost::asio::awaitable<Outcome> ask() = 0;

  boost::asio::awaitable<http::Response> get(std::string target);
  bool is_running() const { return is_running_; }
  const PollConfig& config() const { return config_; }

 private:
  boost::asio::awaitable<void> run();

  const PollConfig config_;
  const http::Headers headers_;
  const std::shared_ptr<Trouble> trouble_;
  http::Client client_;
  boost::asio::steady_timer timer_;
  Backoff backoff_;
  bool is_running_ = false;
};

}  // namespace lokitail::agent
