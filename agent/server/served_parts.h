// The parts of the agent that its HTTP server tells about.
//
// Threads: the control thread. Ownership: all of it outlives the server.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/discovery/target_report.h"
#include "config/config.h"

namespace lokitail::agent {

class Delivery;
class FileTargets;
class Ledger;
class Metrics;
class Target;
class Worker;

struct ServedParts {
  boost::asio::io_context& control;
  Metrics& metrics;
  const Ledger& ledger;
  // These may change while the agent runs.
  std::function<const config::Config&()> config;
  std::function<Delivery&()> delivery;
  std::function<const FileTargets&()> files;
  std::function<std::vector<TargetReport>()> reports;   // of targets of files
  std::function<std::vector<const Target*>()> targets;  // that are no files
  std::function<std::vector<Worker*>()> workers;
  std::function<bool()> reading;  // whether there is something to read
  std::function<bool()> stopping;
  std::function<std::string()> positions_trouble;  // why the positions cannot be written; empty: they can
  // Whether all workers look at their messages within a few seconds.
  std::function<boost::asio::awaitable<bool>()> workers_answer;
};

}  // namespace lokitail::agent
