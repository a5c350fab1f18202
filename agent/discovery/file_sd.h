// file_sd_configs: targets that lie in files, JSON or YAML, which are read again whenever they change.
//
// A file that cannot be understood keeps the targets that it had; one that is gone has none.
//
// Threads: the control thread. Ownership: everything given by reference outlives it.
// Source:  Prometheus' discovery/file: [{"targets": ["..."], "labels": {...}}], the label __meta_filepath.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/discovery/discovery.h"
#include "agent/source/file/glob.h"
#include "agent/source/file/inotify.h"
#include "agent/source/file/watched_folder.h"

namespace lokitail::agent {

// The targets that a file lists. Throws config::Error for what is no such list.
std::vector<config::LabelMap> read_target_list(std::string_view text, const std::string& file_name);

class FileSd final : public Discovery {
 public:
  FileSd(boost::asio::io_context& control, Inotify& inotify, const config::FileSdConfig& config, Found found);
  ~FileSd() override;

  void start() override;
  void stop() override;

 private:
  void look();
  void look_soon();
  void look_after(std::chrono::nanoseconds time);
  void read(const std::string& path);

  const config::FileSdConfig& config_;
  const Found found_;
  std::vector<Glob> globs_;
  std::vector<std::unique_ptr<WatchedFolder>> folders_;
  boost::asio::steady_timer timer_;
  bool is_soon_ = false;
  std::map<std::string, std::string> texts_;  // of the files, as they were read last
};

}  // namespace lokitail::agent
