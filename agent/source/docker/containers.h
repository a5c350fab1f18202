// The containers that were found for one item of docker_sd_configs: how the log of each is read, and until
// when.
//
// A log that the json-file driver writes is tailed as a file where we may read it; any other is read in
// another way, if there is one. A container that has stopped is read to its end; one that is renamed gets the
// labels of its new name.
//
// Threads: the control thread. Ownership: shared with its handlers; the context's parts outlive it.
// Errors:  told in the log by those who read.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "agent/source/docker/container.h"
#include "agent/source/docker/container_lines.h"
#include "agent/source/docker/container_log.h"
#include "agent/source/docker/docker_job.h"
#include "agent/source/file/file_target.h"

namespace lokitail::agent {

class Containers final : public std::enable_shared_from_this<Containers> {
 public:
  // Makes what reads a log that is no file which we may read.
  using MakeLog = std::function<std::shared_ptr<ContainerLog>(
      const std::string& id, const StreamLabels& labels, const ContainerDetails& details)>;

  // Without `make_log` there are files alone.
  Containers(std::shared_ptr<DockerJob> job, MakeLog make_log);

  bool empty() const { return containers_.empty(); }

  // What is found of a container, whenever it is: whether it runs, and its labels (container_labels()).
  // `is_wanted`: its log is to be read, since it runs or has just run. True where take_up() is to follow,
  // with its details.
  bool found(const ListedContainer& listed, const config::LabelMap& labels, bool is_wanted);
  // Reads its log if it is wanted, or if it was read before and may have something left.
  void take_up(const ListedContainer& listed, const config::LabelMap& labels, const ContainerDetails& details,
               bool is_wanted);
  // It is found no more. What is left of its log is read.
  void gone(const std::string& id);
  // All others are gone.
  void keep_only(const std::set<std::string_view>& ids);
  // It does not exist any more: nor shall its position, in the end.
  void destroyed(const std::string& id);

  void stop();
  // As ContainerDiscovery.
  void let_go_lines();
  void forget_lines();

 private:
  struct Container {
    StreamLabels labels;
    std::size_t found_with = 0;  // hash of the labels that these were made of
    bool runs = false;
    bool is_listed = true;
    bool is_destroyed = false;
    std::chrono::steady_clock::time_point stopped_since;
    std::shared_ptr<ContainerLog> log;      // read in another way than as a file
    std::optional<FileTarget> file;         // read as a file, at present
    std::shared_ptr<ContainerLines> lines;  // of the file
    Worker* worker = nullptr;               // of the lines
  };
  // Of all that was read of a container's file.
  struct Progress {
    bool is_read = true;
    bool is_settled = true;
  };
  using ProgressByPath = std::unordered_map<std::string, Progress>;

  static bool is_being_read(const Container& container);
  void relabel(Container& container, const config::LabelMap& labels);
  void read(const std::string& id, Container& container, const ContainerDetails& details);
  void read_file(Container& container, const std::string& id, const std::string& path);
  void check_ends_soon();
  void check_ends();
  bool has_ended(Container& container, const ProgressByPath& files);
  ProgressByPath progress() const;
  bool is_done(const Container& container, const ProgressByPath& files) const;

  const std::shared_ptr<DockerJob> job_;
  const MakeLog make_log_;
  std::map<std::string, Container> containers_;  // by id; those that are read, or were
  std::set<std::string> passed_over_;            // had stopped before we came, or rules drop all they write
  struct LinesOfWorker {
    std::weak_ptr<ContainerLines> lines;
    Worker* worker;
  };
  void let_go(const std::shared_ptr<ContainerLines>& lines, Worker& worker) const;

  std::vector<LinesOfWorker> all_lines_;
  boost::asio::steady_timer ends_timer_;
  bool ends_scheduled_ = false;
};

}  // namespace lokitail::agent
