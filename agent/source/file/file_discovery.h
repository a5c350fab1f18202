// From patterns to paths: finds the files of all targets, and watches the folders in which new ones
// may appear. Which file a path leads to, and what becomes of it, is FileFollower's business.
//
// A new name in a watched folder is followed on from there, without looking at anything else. A slow
// scan of everything is the net for what inotify does not tell.
//
// Threads: the control thread only. Ownership: everything given by reference outlives the discovery.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/glob_walk.h"
#include "agent/source/file/inotify.h"
#include "agent/source/file/poller.h"

namespace lokitail::agent {

struct DiscoveryConfig {
  std::chrono::nanoseconds sync_period{std::chrono::seconds(10)};
  bool use_inotify = true;
};

class FileDiscovery {
 public:
  FileDiscovery(boost::asio::io_context& control, DiscoveryConfig config, FileFollower& follower,
                Inotify& inotify, Poller& poller);
  ~FileDiscovery();
  FileDiscovery(const FileDiscovery&) = delete;
  FileDiscovery& operator=(const FileDiscovery&) = delete;

  // Before start(), or at any time after it.
  void change(const std::vector<FileTarget>& removed, std::vector<FileTarget> added);

  void remove_job(const std::string& job);

  void start();
  void stop();
  // Looks at everything again, soon: events were lost.
  void scan_soon();

  std::size_t targets() const { return targets_.size(); }

 private:
  struct Folder;
  class Visitor;

  TargetPointer compile(FileTarget target) const;
  void remove(const std::vector<FileTarget>& targets);
  void drop(const std::set<TargetPointer>& removed);
  bool some_folder_changed();
  void scan();
  void scan_target(const TargetPointer& target);
  void sync_later();
  void sync();
  Folder& folder(const std::string& path);
  void watch(Folder& folder);
  bool poll(const std::string& path);
  void folder_event(Folder& folder, std::uint32_t mask, std::string_view name);
  void look_soon(const std::string& folder);
  void watch_links(const std::string& path);
  void forget_unused_folders();
  void unwatch(Folder& folder);

  const DiscoveryConfig config_;
  FileFollower& follower_;
  Inotify& inotify_;
  Poller& poller_;
  boost::asio::steady_timer sync_timer_;
  boost::asio::steady_timer scan_timer_;
  boost::asio::steady_timer shrunk_timer_;
  bool scan_scheduled_ = false;
  bool started_ = false;
  bool watch_limit_told_ = false;
  unsigned syncs_ = 0;
  std::uint64_t scan_ = 0;  // number of the present scan
  std::vector<TargetPointer> targets_;
  std::map<std::string_view, std::unique_ptr<Folder>> folders_;  // by their own paths
  std::set<std::string> shrunk_;  // folders that have lost a name, until they are looked at
  std::string looked_at_;         // the path of the last one that was; empty: the next one is the first
  std::vector<std::unique_ptr<Folder>> vanished_;           // until no event is being told to them
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for handlers on their way
};

}  // namespace lokitail::agent
