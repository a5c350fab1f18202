// A listener to which others post entries over HTTP, each request a block of a job's.
//
// A sender is answered "done" once what it sent is settled: delivered, or in the spool on disk. Where the
// job has no room, and where that takes too long, it is told to send again later.
//
// Threads: the control thread. Ownership: what the context refers to, and the job, outlive it.
// Errors:  start() throws std::runtime_error for an address that cannot be listened at.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/loki/push_decode.h"
#include "agent/server/http_server.h"
#include "agent/source/received/received_source.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

class HttpReceiver {
 public:
  struct Endpoint {
    std::string path;
    std::string name;  // in metrics
    std::shared_ptr<ReceivedSource> source;
    // Makes entries of a request. Where it fails, nothing of the request is taken.
    std::function<PushResult(HttpRequest&, ReceivedBlock&)> read;
    // The answer in the form that this kind of sender knows; empty: as it is.
    std::function<HttpAnswer(const HttpRequest&, HttpAnswer)> form{};
  };

  // `what` is the name of the job's block, for people.
  HttpReceiver(const config::ScrapeConfig& job, const config::ServerConfig& server, std::size_t body_limit,
               std::string what, const TargetContext& context);
  ~HttpReceiver();

  // Before start().
  void add(Endpoint endpoint);
  void start();
  // Takes no more. Senders that wait for their answer get it, if what they sent is settled before the end.
  void stop();
  bool ready() const { return listening_; }
  std::vector<const TargetTraffic*> traffic() const {
    std::vector<const TargetTraffic*> all;
    for (const auto& source : sources_) all.push_back(&source->traffic());
    return all;
  }

 private:
  boost::asio::awaitable<HttpAnswer> take(const Endpoint& endpoint, HttpRequest& request);
  boost::asio::awaitable<bool> has_room(ReceivedSource& source);
  boost::asio::awaitable<bool> settle(ReceivedSource& source, std::unique_ptr<ReceivedBlock> block);
  std::optional<HttpAnswer> gate(const Endpoint& endpoint);
  HttpAnswer finished(const Endpoint& endpoint, const HttpRequest& request, HttpAnswer answer);

  const config::ScrapeConfig& job_;
  const std::size_t body_limit_;
  const std::string what_;
  const std::chrono::nanoseconds patience_;  // of senders
  boost::asio::io_context& control_;
  Worker& worker_;
  Metrics& metrics_;
  HttpServer server_;
  std::vector<std::shared_ptr<ReceivedSource>> sources_;  // each once
  bool listening_ = false;
};

}  // namespace lokitail::agent
