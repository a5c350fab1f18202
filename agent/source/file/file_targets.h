// Tails files: everything between a list of targets and the sources that workers read.
//
// Threads: the control thread only; the metrics too are collected there.
// Ownership: everything given by reference outlives this object. Sources live on in their workers until
// they are settled.
// Errors:  what cannot be read or watched is told in the log and tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/collectable.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/file/file_discovery.h"
#include "agent/source/file/file_follower.h"
#include "agent/source/file/file_target.h"
#include "agent/state/positions.h"

namespace lokitail::config {
struct Config;
}

namespace lokitail::agent {

struct FileTargetsConfig {
  std::chrono::nanoseconds sync_period{std::chrono::seconds(10)};
  // Where inotify does not help.
  std::chrono::nanoseconds min_poll{std::chrono::milliseconds(250)};
  std::chrono::nanoseconds max_poll{std::chrono::milliseconds(250)};
  bool use_inotify = true;
  bool per_file_metrics = true;  // or their sums alone
  std::chrono::milliseconds grace = FollowerConfig{}.grace;
  // See FollowerConfig; half of the files that the process may have open where it is not set.
  std::optional<std::size_t> most_retired{};
  std::size_t max_line_bytes = FollowerConfig{}.max_line_bytes;
};

FileTargetsConfig file_targets_config(const config::Config& config);

class FileTargets {
 public:
  // All sources of a target go to the worker that `choose_worker` names.
  FileTargets(boost::asio::io_context& control, FileTargetsConfig config, Positions& positions,
              std::function<Worker&(const FileTarget&)> choose_worker);
  ~FileTargets();
  FileTargets(const FileTargets&) = delete;
  FileTargets& operator=(const FileTargets&) = delete;

  // Before start(), or at any time after it.
  void add(FileTarget target);
  // What only this target asks for is read to its present end and closed. A target that comes back, or another
  // for the same file that comes in its place, goes on from there.
  void remove(const FileTarget& target);
  // The same for all targets of a job.
  void remove_job(const std::string& job) { discovery_.remove_job(job); }
  // The same for many at once, which costs little more than for one.
  void change(const std::vector<FileTarget>& removed, std::vector<FileTarget> added);

  void start();
  // No new files any more. What is settled goes on to be recorded. Files that the next start would not find are read to
  // their ends: returns who reads them.
  std::vector<std::shared_ptr<FileSource>> stop();

  // No new files any more, and those that are open are read to their ends: returns who reads them.
  // After start().
  std::vector<std::shared_ptr<FileSource>> finish();

  // For others that watch files: a node has few instances of it to give.
  Inotify& inotify() { return inotify_; }

  // Whether there is something to tail.
  bool ready() const;
  std::size_t targets() const;
  // Whether metrics have series of each path, or their sums alone.
  void set_per_file_metrics(bool wanted) { per_file_metrics_ = wanted; }
  std::size_t open_files() const { return follower_.open_files(); }
  // Of everything that is open. Asks each file for its size.
  std::vector<FileStatus> status() const;
  // Paths that could not be opened, with what the system said.
  const std::map<std::string, std::string>& unreadable() const { return follower_.unreadable(); }
  FileCounters counters() const;
  // As FileFollower's.
  void look_for_stuck(std::chrono::nanoseconds patience, const FileFollower::StuckHandler& told) {
    follower_.look_for_stuck(patience, told);
  }
  std::size_t stuck() const { return follower_.stuck(); }
  // Kept alive by the caller, used no longer than this object lives.
  std::shared_ptr<prometheus::Collectable> metrics();

 private:
  class Metrics;
  void events_were_lost();
  void flush_positions_soon();

  Positions& positions_;
  bool per_file_metrics_;
  boost::asio::steady_timer flush_timer_;
  Inotify inotify_;
  Poller poller_;
  FileFollower follower_;
  FileDiscovery discovery_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for handlers on their way
};

}  // namespace lokitail::agent
