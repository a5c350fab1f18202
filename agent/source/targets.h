// The targets of a configuration that are no files: one for each job that names a source of its own.
//
// Threads: the control thread. Errors: throws std::exception where one cannot be made.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "agent/source/target.h"
#include "config/config.h"

namespace lokitail::agent {

class Metrics;
class Positions;
class Worker;

// What targets work with; all of it outlives them.
struct TargetContext {
  boost::asio::io_context& control;
  Worker& worker;
  Positions& positions;
  Metrics& metrics;
};

std::vector<std::unique_ptr<Target>> make_targets(const config::Config& config,
                                                  const TargetContext& context);

}  // namespace lokitail::agent
