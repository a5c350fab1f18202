// The target of a job whose lines come from elsewhere than files.
//
// Threads: the control thread. Errors: throws std::exception where one cannot be made.
#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

#include "agent/source/target.h"
#include "config/config.h"

namespace lokitail::agent {

class FileTargets;
class Metrics;
class Positions;
class Worker;
class Workers;

// What the target of a job works with; all of it outlives it.
struct TargetContext {
  boost::asio::io_context& control;
  Worker& worker;  // the job's
  Positions& positions;
  Metrics& metrics;
  FileTargets* files = nullptr;  // for what is tailed after all
  // Entries are printed and nothing is written: nobody is told that they were taken.
  bool dry_run = false;
  Workers* workers = nullptr;  // for sources that stand for themselves; nullptr: they are the job's worker's
};

// nullptr where the job's lines come from files. Promtail's order: of several kinds in one job the first counts.
std::unique_ptr<Target> make_target(const config::ScrapeConfig& job, const TargetContext& context);

}  // namespace lokitail::agent
