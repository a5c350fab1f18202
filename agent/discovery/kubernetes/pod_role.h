// The targets of `role: pod`: what the API tells of pods, joined with the folders that the kubelet keeps of
// them.
//
// The API alone would miss pods that live for a moment, and its own lateness:
//   - a pod without an address, which Prometheus passes over, is a target as soon as it has a folder
//   - a folder of which the API has told nothing within a grace is a target by what its name says; when
//     the API tells of the pod after all, that takes its place, and reading goes on where it was
//   - a pod that is deleted stays a target until its folder is gone: its last lines are written then
// Without an API (`source: folders`) folders are all there is, and are targets at once.
//
// Threads: the control thread. Ownership: everything given by reference outlives it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/discovery/kubernetes/pod_folders.h"
#include "agent/discovery/kubernetes/reflector.h"
#include "agent/discovery/kubernetes/told_targets.h"

namespace lokitail::agent::kubernetes {

struct PodRoleConfig {
  std::string directory;                // of the folders
  std::string node_name;                // ours
  std::vector<std::string> namespaces;  // none: all
  bool only_folders = false;
  bool guesses =
      true;  // whether a folder may be a target without the API. Not where only some pods are asked for
  config::KubernetesSdConfig::AttachMetadata attached{};
  std::chrono::milliseconds grace{5000};              // for the API to tell of a folder
  std::chrono::milliseconds most_lingering{300'000};  // of a pod that is deleted
};

class PodRole final : public ObjectListener {
 public:
  PodRole(boost::asio::io_context& control, Inotify& inotify, PodRoleConfig config, ToldTargets told);

  void start();
  void stop();

  void changed(const std::string& key, const Json& object) override;
  void gone(const std::string& key) override;
  // Of nodes.
  ObjectListener& nodes() { return nodes_; }

  // What is remembered of pods and folders, for tests.
  std::size_t remembered() const {
    return live_.size() + by_folder_.size() + deleted_.size() + guesses_.size();
  }

 private:
  using Clock = std::chrono::steady_clock;

  // A pod that the API tells of.
  struct Live {
    std::string group;
    std::string node_name;
    std::vector<std::string> folders;  // names that its folder may have
    Targets waiting;                   // for a folder, without which there is nothing to read
    std::optional<Pod> pod;            // where nodes' labels are attached
    bool is_told = false;
  };
  // One that it has told the end of, while its folder is there.
  struct Deleted {
    std::string group;  // empty: it is no target any more
    Clock::time_point since;
  };
  // A folder of which the API has told nothing.
  struct Guess {
    Clock::time_point since;
    bool is_told = false;
  };
  class Nodes final : public ObjectListener {
   public:
    explicit Nodes(PodRole& owner) : owner_(owner) {}
    void changed(const std::string& key, const Json& object) override;
    void gone(const std::string& key) override;
    const Node* find(const std::string& name) const;

   private:
    PodRole& owner_;
    std::unordered_map<std::string, Node> known_;
  };

  void tell(Live& live, const Pod& pod);
  void node_changed(const std::string& name);
  bool has_folder(const Live& live) const;
  void folder_changed(const std::string& folder);
  void folder_of_live(Live& live);
  bool is_wanted(const std::string& folder) const;
  void tell_guess(const std::string& folder);
  void forget_guess(const std::string& folder);
  void forget_deleted(const std::string& folder);
  void check_later(Clock::time_point when);
  void check();

  const PodRoleConfig config_;
  const ToldTargets told_;
  boost::asio::steady_timer timer_;
  Nodes nodes_{*this};
  std::unordered_map<std::string, Live> live_;              // by the object's key
  std::unordered_map<std::string, std::string> by_folder_;  // keys of live_
  std::unordered_map<std::string, Deleted> deleted_;        // by folder
  std::unordered_map<std::string, Guess> guesses_;          // by folder
  std::optional<Clock::time_point> next_check_;
  PodFolders folders_;
};

}  // namespace lokitail::agent::kubernetes
