// The file targets of a job that are discovered while the agent runs: keeps those that are read as they should be.
//
// What was found at about one time is changed at once. A target that is found no more is read to the end that its
// files had then (file_targets.h).
//
// Threads: the control thread. Ownership: everything given by reference outlives it.
// Errors:  the constructor throws config::Error for a relabel rule that is none.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/discovery/discovery.h"
#include "agent/discovery/file_target_maker.h"
#include "agent/discovery/target_report.h"
#include "agent/source/file/file_targets.h"
#include "config/config.h"

namespace lokitail::agent {

class DiscoveredTargets {
 public:
  // REQUIRES: scrape.discovers_files().
  DiscoveredTargets(boost::asio::io_context& control, const config::ScrapeConfig& scrape, FileTargets& files);
  ~DiscoveredTargets();

  void start();
  void stop();

  // What is discovered now, with what became of it.
  std::vector<TargetReport> report() const;

 private:
  // What became of the labels that were told; nothing where they make no target.
  using Group = std::map<config::LabelMap, std::optional<FileTarget>>;

  Discovery::Found tell();
  void found(const std::string& group, std::vector<config::LabelMap> targets);
  void change_soon();
  void change();

  boost::asio::steady_timer timer_;
  FileTargets& files_;
  FileTargetMaker maker_;
  std::map<std::string, Group> groups_;
  std::vector<std::unique_ptr<Discovery>> discoveries_;
  std::vector<FileTarget> removed_;  // since the latest change
  std::vector<FileTarget> added_;
  bool is_started_ = false;  // and not stopped
  bool is_soon_ = false;
};

}  // namespace lokitail::agent
