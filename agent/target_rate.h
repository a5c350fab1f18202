// So many lines per second of each target (limits_config.target_rate): one that writes much does not take the
// place of the others. What is over the rate waits, where it is read, or is dropped and counted.
//
// A target here is a source: a file, a listener, a journal. Its bucket lies in the source, and is full at first.
//
// Threads: the worker's. Ownership: sources that wait are shared; the rest outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pipeline/metrics.h"
#include "pipeline/stage.h"
#include "pipeline/timestamp.h"
#include "pipeline/token_bucket.h"

namespace lokitail::agent {

class LimitHits;
class Source;

class TargetRate {
 public:
  using Bucket = std::unique_ptr<pipeline::TokenBucket>;  // none before the first turn

  // Stands in front of a pipeline: lets pass what is within the rate.
  class Gate final : public pipeline::Sink {
   public:
    Gate(TargetRate& rate, pipeline::Sink& next) : rate_(rate), next_(&next) {}
    void lead_to(pipeline::Sink& next) { next_ = &next; }
    void push(pipeline::Entry& entry) override {
      if (rate_.admits()) next_->push(entry);
    }

   private:
    TargetRate& rate_;
    pipeline::Sink* next_;
  };

  // `go_on` is given the sources whose time has come. `hits` may be null.
  TargetRate(boost::asio::io_context& io, pipeline::LineRate rate, bool drops, pipeline::Counter& dropped,
             LimitHits* hits, std::function<void(std::shared_ptr<Source>)> go_on);

  // Whether the source has its turn now; where not, it is kept until it may go on.
  bool begin_turn(const std::shared_ptr<Source>& source, Bucket& bucket, pipeline::Timestamp now);
  void end_turn() { turn_ = nullptr; }
  // Gives back all sources that wait.
  void let_go();
  // Whether the source that has its turn should leave the rest for later.
  bool wants_pause() const { return !drops_ && turn_ != nullptr && turn_->pause(rate_).count() > 0; }

 private:
  using Clock = std::chrono::steady_clock;
  bool admits();
  void wait_for_next();

  const pipeline::LineRate rate_;
  const bool drops_;
  pipeline::Counter& dropped_;
  LimitHits* const hits_;
  const std::function<void(std::shared_ptr<Source>)> go_on_;
  pipeline::TokenBucket* turn_ = nullptr;  // of the source that has its turn; nullptr: lines are not counted
  std::multimap<Clock::time_point, std::shared_ptr<Source>> waiting_;
  boost::asio::steady_timer timer_;
};

}  // namespace lokitail::agent
