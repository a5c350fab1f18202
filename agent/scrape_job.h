// A scrape configuration at work: where its lines come from, from start to end.
//
// Threads: the control thread. Ownership: keeps its configuration; the context's parts outlive it.
// Errors:  the constructor and start() throw std::exception for what cannot be. Whatever was started then, the
//          destructor ends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "agent/discovery/discovered_targets.h"
#include "agent/discovery/target_report.h"
#include "agent/source/target.h"
#include "agent/source/targets.h"
#include "config/config.h"

namespace lokitail::agent {

class ScrapeJob {
 public:
  // `scrape` is one of the configuration's.
  ScrapeJob(std::shared_ptr<const config::Config> config, const config::ScrapeConfig& scrape,
            const TargetContext& context);

  const std::string& name() const { return scrape_.job_name; }
  const config::ScrapeConfig& scrape() const { return scrape_; }
  // nullptr where its lines come from files.
  const Target* target() const { return target_.get(); }

  // Its files are tailed, those that are known by now; once, before start().
  void add_files();
  void start();
  // Takes in no more. Files that were opened are read on.
  void stop();
  // After stop(): its files are read to the ends that they have now, and no further.
  void leave_files();
  // As Target's.
  void let_go();
  boost::asio::awaitable<void> close();

  // Whether lines can come; of files others know.
  bool ready() const { return target_ != nullptr && target_->ready(); }
  // What was found, with what became of it.
  std::vector<TargetReport> reports() const;

 private:
  const std::shared_ptr<const config::Config> config_;
  const config::ScrapeConfig& scrape_;
  FileTargets& files_;
  std::vector<FileTarget> static_targets_;
  std::optional<DiscoveredTargets> discovered_;
  std::unique_ptr<Target> target_;
};

}  // namespace lokitail::agent
