// Standard input as a target: which job's lines they are, and waiting for them.
//
// Threads: the control thread. Ownership: what is given by reference outlives it.
// Errors:  none; where the input cannot be read, it has ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "agent/source/stdin/stdin_source.h"
#include "config/config.h"

namespace lokitail::agent {

struct StdinJob {
  std::string name;
  config::Node pipeline_stages;
  std::map<std::string, std::string> labels;
};

// The first job with the labels of all its static_configs, as they stand there: nothing is
// relabelled and none is removed. Without jobs: no stages, and the labels `job` and `hostname`.
StdinJob stdin_job(const config::Config& config);

class StdinTarget {
 public:
  enum class End { kReached, kFailed };

  // `ended` is called once, when all lines are in the pipeline.
  StdinTarget(boost::asio::io_context& control, Worker& worker, const StdinJob& job,
              std::function<void(End)> ended, int file = 0);

  void start();
  // Reads no more. What was read of an unfinished line is sent as it is.
  void stop();

  bool ready() const { return reading_; }

 private:
  void handle(StdinSource::Event event);
  void wait();

  boost::asio::io_context& control_;
  Worker& worker_;
  const std::function<void(End)> ended_;
  const int file_;
  boost::asio::posix::stream_descriptor readable_;
  std::shared_ptr<StdinSource> source_;
  bool reading_ = false;
};

}  // namespace lokitail::agent
