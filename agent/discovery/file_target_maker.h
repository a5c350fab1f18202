// Makes a file target of what was discovered for a job: relabels it, and takes out of its labels what
// they say of its files. One way for all kinds of discovery.
//
// Threads: the control thread only.
// Errors:  the constructor throws config::Error for a relabel rule that cannot be compiled, and
//          std::runtime_error for an encoding that this machine cannot convert. What is dropped is told in
//          the log, once and not with each refresh.
// Source:  Promtail's file target manager.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "agent/discovery/relabel.h"
#include "agent/source/file/file_target.h"
#include "config/config.h"

namespace lokitail::agent {

// Who we are to __host__: the environment's HOSTNAME, or else the system's.
std::string host_name();

class FileTargetMaker {
 public:
  // `scrape` outlives the maker.
  explicit FileTargetMaker(const config::ScrapeConfig& scrape);

  enum class Drop { kRelabelling, kOtherHost, kNoPath };
  struct Outcome {
    std::optional<FileTarget> target;
    Drop drop = Drop::kNoPath;  // why there is none
    std::size_t rule = 0;       // that dropped it, by its index
    std::string wanted_host{};  // that it is for
  };
  // What make() makes, or why it makes nothing. Nothing is told.
  Outcome try_make(config::LabelMap labels) const;

  const config::ScrapeConfig& scrape() const { return scrape_; }

  // Nothing where relabelling drops the target, where it is meant for another host, and where it has no
  // __path__.
  std::optional<FileTarget> make(const config::LabelMap& labels);

  // Whether what comes of a target can depend on its label of this name.
  bool may_use(std::string_view label) const;

 private:
  void tell(const Outcome& outcome, const config::LabelMap& discovered);

  const config::ScrapeConfig& scrape_;
  const Relabeler relabeler_;
  const std::string host_;
  std::unordered_set<std::size_t> told_;  // hashes of what was dropped and of the reason
};

}  // namespace lokitail::agent
