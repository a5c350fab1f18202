// The folders in which the kubelet keeps the logs of a node's pods: which pods and containers there are, or
// were a moment ago, without anybody being asked.
//
//   /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart>.log
//
// The uid is the pod's; of a static pod, which a file on the node describes, it is the hash of that.
//
// Threads: the control thread.
// Ownership: everything given by reference outlives it; no folder is watched after stop().
// Errors:  a folder that cannot be watched is looked at every few seconds.
// Source:  kubelet's BuildPodLogsDirectory and BuildContainerLogsDirectory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/file/inotify.h"
#include "agent/source/file/watched_folder.h"

namespace lokitail::agent::kubernetes {

struct PodFolderName {
  std::string name_space;
  std::string pod;
  std::string uid;
  bool operator==(const PodFolderName&) const = default;
};

// Nothing for what the kubelet does not name so.
std::optional<PodFolderName> parse_pod_folder(std::string_view name);
std::string pod_folder(const PodFolderName& name);

class PodFolders {
 public:
  // Told of a folder when it comes and whenever it has got another container, and when it is gone.
  using Changed = std::function<void(const std::string& folder)>;

  PodFolders(boost::asio::io_context& control, Inotify& inotify, std::string directory, Changed changed);
  ~PodFolders();

  void start();
  void stop();

  const std::string& directory() const { return directory_; }
  bool contains(const std::string& folder) const { return folders_.contains(folder); }
  // Of a folder that is there.
  const std::set<std::string>& containers(const std::string& folder) const;

 private:
  class Folder;

  void look();
  void root_event(std::uint32_t mask, std::string_view name);
  void look_at(const std::string& name);
  void forget(const std::string& name);

  Inotify& inotify_;
  const std::string directory_;
  const Changed changed_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<WatchedFolder> root_;  // of all of them
  std::unordered_map<std::string, std::unique_ptr<Folder>> folders_;
  std::vector<std::unique_ptr<Folder>> forgotten_;  // until no event is being told to them
  bool is_running_ = false;
};

}  // namespace lokitail::agent::kubernetes
