// The containers of a Docker engine, found where it keeps them (/var/lib/docker/containers): for who shall
// not be given the engine's socket. Only the logs of the json-file driver are there.
//
// The folder is watched, and each container's: a container that comes, starts, stops, is renamed or goes is
// seen at once. Everything is looked at again every refresh_interval.
//
// Threads: the control thread. Ownership: shared with its handlers; the context's parts outlive it.
// Errors:  told in the log, once, and tried again. What cannot be looked at stays as it was. The constructor
// throws
//          config::Error for a filter that is no expression.
// Source:  stored_container.h
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include <boost/asio/steady_timer.hpp>

#include "agent/source/docker/container_discovery.h"
#include "agent/source/docker/container_filter.h"
#include "agent/source/docker/containers.h"
#include "agent/source/docker/docker_job.h"
#include "agent/source/docker/stored_container.h"
#include "agent/source/file/watched_folder.h"

namespace lokitail::agent {

class ContainersFolder final : public ContainerDiscovery,
                               public std::enable_shared_from_this<ContainersFolder> {
 public:
  // The configuration is one of the job's, with a containers_directory.
  ContainersFolder(std::shared_ptr<DockerJob> job, const config::DockerSdConfig& config);
  ~ContainersFolder() override;

  void start() override;
  void stop() override;
  void let_go_lines() override;
  void forget_lines() override;
  bool ready() const override;

 private:
  // By which it is known whether a file is still the one that was read.
  struct Stamp {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    bool operator==(const Stamp&) const = default;
  };
  // What is known of a container's folder.
  struct Entry {
    std::unique_ptr<WatchedFolder> watched;
    bool is_late = false;  // it came while we looked
    bool has_changed = true;
    bool is_whole = false;  // what was read last was all there
    std::array<Stamp, 2> stamps;
    std::optional<StoredContainer> stored;
    std::string started_before;  // when its latest start was that is known
    bool is_told = false;        // that there is something wrong with it
  };
  using Texts = std::array<std::string, 2>;
  // kChanges: at what events have told of.
  enum class Look { kChanges, kEverything };

  void look(Look at);
  void look_soon();
  void look_after(std::chrono::nanoseconds time, Look at);
  std::error_code list(std::set<std::string>& ids) const;
  bool take_in(const std::set<std::string>& ids);
  Texts files(const std::string& id) const;
  static std::array<Stamp, 2> stamps(const Texts& files);
  void read(const std::string& id, Entry& entry);
  std::optional<Texts> read_texts(const Texts& files);
  void take_up(const std::string& id, Entry& entry);
  const ListedContainer* find(std::string_view id) const;
  std::string path(const std::string& id, std::string_view name) const;
  void report(const std::string& what) const;

  const std::shared_ptr<DockerJob> job_;
  const config::DockerSdConfig& config_;
  const ContainerFilter filter_;
  const std::shared_ptr<Containers> containers_;
  std::unique_ptr<WatchedFolder> watched_;
  std::map<std::string, Entry, std::less<>> entries_;  // by id
  boost::asio::steady_timer timer_;
  bool is_soon_ = false;
  bool has_looked_ = false;  // at all that was there when we came
  bool can_look_ = false;
  std::error_code look_error_;  // the latest, which is told
  bool is_unreadable_ = false;  // some container's files were, at the present look
  bool told_unreadable_ = false;
};

}  // namespace lokitail::agent
