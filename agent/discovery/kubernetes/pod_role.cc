#include "agent/discovery/kubernetes/pod_role.h"

#include <algorithm>
#include <utility>

#include "agent/telemetry/log.h"

namespace lokitail::agent::kubernetes {
namespace {

constexpr const char* kConfigHash = "kubernetes.io/config.hash";

std::vector<std::string> folder_names(const ObjectMeta& meta) {
  std::vector<std::string> names{pod_folder({meta.name_space, meta.name, meta.uid})};
  // The API's pod of a static one is but its mirror, with another uid.
  const auto hash = meta.annotations.find(kConfigHash);
  if (hash != meta.annotations.end()) names.push_back(pod_folder({meta.name_space, meta.name, hash->second}));
  return names;
}

std::string guess_group(const std::string& folder) { return "folder/" + folder; }

}  // namespace

PodRole::PodRole(boost::asio::io_context& control, Inotify& inotify, PodRoleConfig config, ToldTargets told)
    : config_(std::move(config)),
      told_(std::move(told)),
      timer_(control),
      folders_(control, inotify, config_.directory,
               [this](const std::string& folder) { folder_changed(folder); }) {}

void PodRole::start() { folders_.start(); }

void PodRole::stop() {
  timer_.cancel();
  folders_.stop();
}

// ---- What the API tells ---------------------------------------------------------------------------

void PodRole::changed(const std::string& key, const Json& object) {
  Pod pod = read_pod(object);
  Live& live = live_[key];
  live.group = "pod/" + key + '/' + pod.meta.uid;
  live.node_name = pod.node_name;
  std::vector<std::string> folders = folder_names(pod.meta);
  for (const std::string& folder : live.folders) {
    if (std::ranges::find(folders, folder) == folders.end()) by_folder_.erase(folder);
  }
  live.folders = std::move(folders);
  for (const std::string& folder : live.folders) {
    by_folder_[folder] = key;
    forget_guess(folder);
    forget_deleted(folder);
  }
  tell(live, pod);
  if (config_.attached.node) live.pod = std::move(pod);
}

void PodRole::tell(Live& live, const Pod& pod) {
  Targets targets =
      pod_targets(pod, config_.attached.node ? nodes_.find(pod.node_name) : nullptr, config_.attached);
  live.waiting.clear();
  if (!pod.ip.empty()) {
    live.is_told = true;
    told_.tell(live.group, std::move(targets));
    return;
  }
  told_.trim(targets);
  live.waiting = std::move(targets);
  folder_of_live(live);
}

// Of a pod without an address.
void PodRole::folder_of_live(Live& live) {
  if (has_folder(live)) {
    live.is_told = true;
    told_.tell(live.group, live.waiting);
  } else if (std::exchange(live.is_told, false)) {
    told_.forget(live.group);
  }
}

bool PodRole::has_folder(const Live& live) const {
  return std::ranges::any_of(live.folders, [this](const auto& folder) { return folders_.contains(folder); });
}

void PodRole::gone(const std::string& key) {
  const auto known = live_.extract(key);
  if (known.empty()) return;
  const Live& live = known.mapped();
  bool lingers = false;
  for (const std::string& folder : live.folders) {
    by_folder_.erase(folder);
    if (!folders_.contains(folder)) continue;
    deleted_[folder] = {live.is_told ? live.group : std::string(), Clock::now()};
    lingers = true;
  }
  if (lingers) {
    check_later(Clock::now() + config_.most_lingering);
  } else if (live.is_told) {
    told_.forget(live.group);
  }
}

void PodRole::node_changed(const std::string& name) {
  for (auto& [key, live] : live_) {
    if (live.pod && live.node_name == name) tell(live, *live.pod);
  }
}

void PodRole::Nodes::changed(const std::string& key, const Json& object) {
  known_[key] = read_node(object);
  owner_.node_changed(key);
}

void PodRole::Nodes::gone(const std::string& key) {
  known_.erase(key);
  owner_.node_changed(key);
}

const Node* PodRole::Nodes::find(const std::string& name) const {
  const auto known = known_.find(name);
  return known == known_.end() ? nullptr : &known->second;
}

// ---- What folders tell ----------------------------------------------------------------------------

void PodRole::folder_changed(const std::string& folder) {
  const bool is_there = folders_.contains(folder);
  if (const auto known = by_folder_.find(folder); known != by_folder_.end()) {
    Live& live = live_.at(known->second);
    if (!live.waiting.empty()) folder_of_live(live);
    return;
  }
  if (deleted_.contains(folder)) {
    if (!is_there) forget_deleted(folder);
    return;
  }
  if (!is_there) {
    forget_guess(folder);
    return;
  }
  if (!is_wanted(folder)) return;
  const auto [guess, is_new] = guesses_.try_emplace(folder, Guess{Clock::now()});
  if (config_.only_folders || guess->second.is_told) {
    guess->second.is_told = true;
    tell_guess(folder);
  } else if (is_new) {
    check_later(guess->second.since + config_.grace);
  }
}

bool PodRole::is_wanted(const std::string& folder) const {
  if (!config_.only_folders && !config_.guesses) return false;
  if (config_.namespaces.empty()) return true;
  const auto name = parse_pod_folder(folder);
  return name && std::ranges::find(config_.namespaces, name->name_space) != config_.namespaces.end();
}

void PodRole::tell_guess(const std::string& folder) {
  const auto name = parse_pod_folder(folder);
  if (!name) return;
  Targets targets;
  for (const std::string& container : folders_.containers(folder)) {
    config::LabelMap labels{{"__meta_kubernetes_namespace", name->name_space},
                            {"__meta_kubernetes_pod_name", name->pod},
                            {"__meta_kubernetes_pod_uid", name->uid},
                            {"__meta_kubernetes_pod_node_name", config_.node_name},
                            {"__meta_kubernetes_pod_container_name", container}};
    // With the API, rules say where the files of a pod are.
    if (config_.only_folders)
      labels["__path__"] = folders_.directory() + '/' + folder + '/' + container + "/*.log";
    targets.push_back(std::move(labels));
  }
  told_.tell(guess_group(folder), std::move(targets));
}

void PodRole::forget_guess(const std::string& folder) {
  const auto known = guesses_.extract(folder);
  if (!known.empty() && known.mapped().is_told) told_.forget(guess_group(folder));
}

void PodRole::forget_deleted(const std::string& folder) {
  const auto known = deleted_.extract(folder);
  if (!known.empty() && !known.mapped().group.empty()) told_.forget(known.mapped().group);
}

// ---- What time tells ------------------------------------------------------------------------------

void PodRole::check_later(Clock::time_point when) {
  if (next_check_ && *next_check_ <= when) return;
  next_check_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) check();
  });
}

void PodRole::check() {
  next_check_.reset();
  const auto now = Clock::now();
  std::optional<Clock::time_point> next;
  const auto is_due = [&](Clock::time_point when) {
    if (when <= now) return true;
    next = next ? std::min(*next, when) : when;
    return false;
  };
  for (auto& [folder, guess] : guesses_) {
    if (guess.is_told || !is_due(guess.since + config_.grace)) continue;
    guess.is_told = true;
    const auto name = parse_pod_folder(folder);
    log::info("the Kubernetes API has told nothing of a pod that has logs; its folder's name has to do",
              {{"namespace", name->name_space}, {"pod", name->pod}});
    tell_guess(folder);
  }
  // They are remembered while their folder is there, so that it counts as no other's.
  for (auto& [folder, deleted] : deleted_) {
    if (deleted.group.empty() || !is_due(deleted.since + config_.most_lingering)) continue;
    told_.forget(std::exchange(deleted.group, {}));
  }
  if (next) check_later(*next);
}

}  // namespace lokitail::agent::kubernetes
