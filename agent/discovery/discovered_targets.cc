#include "agent/discovery/discovered_targets.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/discovery/consul_agent_sd.h"
#include "agent/discovery/consul_sd.h"
#include "agent/discovery/file_sd.h"
#include "agent/discovery/http_sd.h"
#include "agent/discovery/kubernetes/kubernetes_sd.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

// What is found within this time is changed at once.
constexpr std::chrono::milliseconds kTargetsSettle{20};

}  // namespace

DiscoveredTargets::DiscoveredTargets(boost::asio::io_context& control, const config::ScrapeConfig& scrape,
                                     FileTargets& files)
    : timer_(control), files_(files), maker_(scrape) {
  for (const config::FileSdConfig& item : scrape.file_sd_configs) {
    discoveries_.push_back(std::make_unique<FileSd>(control, files.inotify(), item, tell()));
  }
  for (const config::KubernetesSdConfig& item : scrape.kubernetes_sd_configs) {
    const auto is_used = [this](std::string_view label) { return maker_.may_use(label); };
    discoveries_.push_back(std::make_unique<KubernetesSd>(control, files.inotify(), item, tell(), is_used));
  }
  for (const config::HttpSdConfig& item : scrape.http_sd_configs) {
    discoveries_.push_back(std::make_unique<HttpSd>(control, item, tell()));
  }
  for (const config::ConsulSdConfig& item : scrape.consul_sd_configs) {
    discoveries_.push_back(std::make_unique<ConsulSd>(control, item, tell()));
  }
  for (const config::ConsulSdConfig& item : scrape.consulagent_sd_configs) {
    discoveries_.push_back(std::make_unique<ConsulAgentSd>(control, item, tell()));
  }
}

DiscoveredTargets::~DiscoveredTargets() = default;

// Groups of two items may have one name.
Discovery::Found DiscoveredTargets::tell() {
  return [this, prefix = std::to_string(discoveries_.size()) + ":"](const std::string& group,
                                                                    std::vector<config::LabelMap> targets) {
    found(prefix + group, std::move(targets));
  };
}

void DiscoveredTargets::start() {
  for (const auto& discovery : discoveries_) discovery->start();
  is_started_ = true;
  change();
}

void DiscoveredTargets::stop() {
  is_started_ = false;
  timer_.cancel();
  for (const auto& discovery : discoveries_) discovery->stop();
}

std::vector<TargetReport> DiscoveredTargets::report() const {
  std::vector<TargetReport> reports;
  for (const auto& [name, group] : groups_) {
    for (const auto& [labels, target] : group) reports.push_back(report_target(maker_, labels));
  }
  return reports;
}

void DiscoveredTargets::found(const std::string& group, std::vector<config::LabelMap> targets) {
  Group now;
  Group& before = groups_[group];
  for (config::LabelMap& labels : targets) {
    if (auto known = before.extract(labels); !known.empty()) {
      now.insert(std::move(known));
    } else if (!now.contains(labels)) {
      auto target = maker_.make(labels);
      if (target) added_.push_back(*target);
      now.emplace(std::move(labels), std::move(target));
    }
  }
  for (const auto& [labels, target] : before) {
    if (target) removed_.push_back(*target);
  }
  if (now.empty()) {
    groups_.erase(group);
  } else {
    before = std::move(now);
  }
  if (!removed_.empty() || !added_.empty()) change_soon();
}

void DiscoveredTargets::change_soon() {
  if (!is_started_ || std::exchange(is_soon_, true)) return;
  timer_.expires_after(kTargetsSettle);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && is_started_) change();
  });
}

void DiscoveredTargets::change() {
  is_soon_ = false;
  // What moved from one group to another stays.
  std::erase_if(removed_, [this](const FileTarget& target) {
    const auto same = std::ranges::find(added_, target);
    if (same == added_.end()) return false;
    added_.erase(same);
    return true;
  });
  for (const FileTarget& target : removed_)
    log::info("removing target", {{"job", target.job}, {"path", target.path}});
  for (const FileTarget& target : added_)
    log::info("adding target", {{"job", target.job}, {"path", target.path}});
  files_.change(std::exchange(removed_, {}), std::exchange(added_, {}));
}

}  // namespace lokitail::agent
