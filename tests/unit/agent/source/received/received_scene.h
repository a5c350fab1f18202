// A worker with one job, "job", and what comes out of it: for tests of sources that are received.
//
// Threads: the test's; entries() may be asked at any time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "agent/loki/push_decode.h"
#include "agent/telemetry/metrics.h"
#include "agent/worker.h"
#include "tests/support/wait.h"

namespace lokitail::agent::test {

using namespace lokitail::test;

class ReceivedScene final : public BatcherEvents {
 public:
  explicit ReceivedScene(const std::string& stages = "") {
    WorkerConfig config;
    config.jobs.push_back({"job", config::Node::parse(stages, "test.yaml")});
    config.clients.emplace_back().batch_wait = std::chrono::milliseconds(1);
    worker = std::make_unique<Worker>(config, *this, metrics_, warnings_, budget_);
    worker->start();
  }
  ~ReceivedScene() override {
    worker->stop();
    worker.reset();  // before what it was given
  }

  // Streams with their entries, as they came out.
  std::vector<PushStream> streams() const {
    const std::lock_guard lock(mutex_);
    return streams_;
  }
  // "labels line" of each entry.
  std::vector<std::string> entries() const {
    std::vector<std::string> all;
    for (const PushStream& stream : streams()) {
      for (const PushEntry& entry : stream.entries) all.push_back(stream.labels + " " + entry.line);
    }
    return all;
  }
  bool wait_entries(std::size_t count) const {
    return eventually([&] { return entries().size() >= count; });
  }
  // What came out is delivered.
  void settle() {
    std::vector<std::unique_ptr<Push>> pushes;
    {
      const std::lock_guard lock(mutex_);
      pushes.swap(pushes_);
    }
    for (const auto& push : pushes) push->receipt->part_settled();
  }
  // Runs what waits on the control thread, until `condition` holds.
  template <class Condition>
  bool run_until(Condition&& condition) {
    return eventually([&] {
      control.restart();
      control.poll();
      return condition();
    });
  }
  bool drain() {
    const auto drained = std::make_shared<std::atomic<bool>>(false);
    worker->drain([drained] { *drained = true; });
    return eventually([&] { return drained->load(); });
  }

  boost::asio::io_context control;
  std::unique_ptr<Worker> worker;

 private:
  void push_ready(std::size_t, std::unique_ptr<Push> push) override {
    DecodedPush decoded;
    static_cast<void>(decode_push(push->body, {}, decoded));
    const std::lock_guard lock(mutex_);
    for (PushStream& stream : decoded.streams) streams_.push_back(std::move(stream));
    pushes_.push_back(std::move(push));
  }
  void entry_dropped(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entry_mutated(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entries_taken(std::size_t, std::size_t, std::size_t) override {}

  Metrics metrics_;
  config::Warnings warnings_;
  Budget budget_{64 << 20};
  mutable std::mutex mutex_;
  std::vector<PushStream> streams_;
  std::vector<std::unique_ptr<Push>> pushes_;
};

}  // namespace lokitail::agent::test
