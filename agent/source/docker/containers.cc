#include "agent/source/docker/containers.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <boost/container_hash/hash.hpp>

#include "agent/source/file/file_targets.h"
#include "agent/state/positions.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

using boost::system::error_code;
using config::LabelMap;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kEndsPeriod{250};
// The engine writes what a container wrote before it tells that it has stopped; a file system may tell later.
constexpr std::chrono::milliseconds kQuiet{1000};

std::size_t hash_of(const LabelMap& labels) { return boost::hash_range(labels.begin(), labels.end()); }

bool is_dropped(const StreamLabels& streams) {
  return std::ranges::none_of(streams, [](const auto& labels) { return labels.has_value(); });
}

}  // namespace

Containers::Containers(std::shared_ptr<DockerJob> job, MakeLog make_log)
    : job_(std::move(job)), make_log_(std::move(make_log)), ends_timer_(job_->context.control) {}

void Containers::stop() {
  ends_timer_.cancel();
  for (const auto& [id, container] : containers_) {
    if (container.log) container.log->stop();
  }
}

void Containers::let_go_lines() {
  for (const auto& [weak, worker] : all_lines_) {
    if (const auto lines = weak.lock()) let_go(lines, *worker);
  }
}

void Containers::let_go(const std::shared_ptr<ContainerLines>& lines, Worker& worker) const {
  worker.post([lines, name = job_->config.job_name, &worker] {
    if (pipeline::Pipeline* const pipeline = worker.find_pipeline(name)) lines->flush(*pipeline);
  });
}

void Containers::forget_lines() {
  for (const auto& [weak, worker] : all_lines_) {
    if (const auto lines = weak.lock()) lines->forget();
  }
}

// ---- What is found --------------------------------------------------------------------------------

bool Containers::is_being_read(const Container& container) {
  return container.file || (container.log && container.log->is_following());
}

bool Containers::found(const ListedContainer& listed, const LabelMap& labels, bool is_wanted) {
  const auto known = containers_.find(listed.id);
  if (known == containers_.end()) {
    if (!is_wanted && passed_over_.contains(listed.id)) return false;
    return !job_->containers.contains(listed.id);  // another item of the job has it
  }
  Container& container = known->second;
  container.is_listed = true;
  container.runs = listed.runs();
  if (!container.runs) check_ends_soon();
  // One that has stopped has lost its addresses.
  if (container.runs) relabel(container, labels);
  return is_wanted && !is_being_read(container);
}

void Containers::relabel(Container& container, const LabelMap& labels) {
  const std::size_t hash = hash_of(labels);
  if (hash == std::exchange(container.found_with, hash)) return;
  StreamLabels streams = job_->relabelled(labels);
  if (streams == container.labels) return;
  container.labels = streams;
  if (container.log) container.log->set_labels(streams);
  if (!container.lines) return;
  container.worker->post([lines = container.lines, streams = std::move(streams)]() mutable {
    lines->set_labels(std::move(streams));
  });
}

void Containers::take_up(const ListedContainer& listed, const LabelMap& labels,
                         const ContainerDetails& details, bool is_wanted) {
  const auto known = containers_.find(listed.id);
  if (known != containers_.end()) {
    if (!is_being_read(known->second)) read(listed.id, known->second, details);
    return;
  }
  if (job_->containers.contains(listed.id)) return;  // another item was faster
  const bool was_read =
      job_->position(listed.id) || job_->context.positions.last_at(details.log_path).has_value();
  Container container;
  container.labels = job_->relabelled(labels);
  container.found_with = hash_of(labels);
  container.runs = listed.runs();
  if (is_dropped(container.labels) || (!is_wanted && !was_read)) {
    passed_over_.insert(listed.id);
    if (is_dropped(container.labels))
      log::debug("no label is left of a container", {{"container", listed.id}});
    return;
  }
  passed_over_.erase(listed.id);
  job_->containers.insert(listed.id);
  Container& added = containers_.emplace(listed.id, std::move(container)).first->second;
  read(listed.id, added, details);
}

void Containers::gone(const std::string& id) {
  passed_over_.erase(id);
  const auto known = containers_.find(id);
  if (known == containers_.end()) return;
  known->second.is_listed = false;
  known->second.runs = false;
  check_ends_soon();
}

void Containers::keep_only(const std::set<std::string_view>& ids) {
  for (const auto& [id, container] : containers_) {
    if (!ids.contains(id)) gone(id);
  }
  std::erase_if(passed_over_, [&ids](const std::string& id) { return !ids.contains(id); });
}

void Containers::destroyed(const std::string& id) {
  const auto known = containers_.find(id);
  if (known == containers_.end()) return job_->forget_position(id);
  known->second.is_destroyed = true;
  gone(id);
}

// ---- Reading --------------------------------------------------------------------------------------

void Containers::read(const std::string& id, Container& container, const ContainerDetails& details) {
  // A file that cannot be read yet is tried again by those who tail it.
  const bool has_file = details.log_driver == "json-file" && !details.log_path.empty() &&
                        (!make_log_ || ::access(details.log_path.c_str(), R_OK) == 0);
  if (has_file) return read_file(container, id, details.log_path);
  if (!container.log && make_log_) container.log = make_log_(id, container.labels, details);
  if (container.log) container.log->follow();
  if (!container.runs) check_ends_soon();
}

void Containers::read_file(Container& container, const std::string& id, const std::string& path) {
  // What Promtail has read, or we through the engine, is passed over.
  const LogPosition read = job_->position(id).value_or(LogPosition());
  container.lines = std::make_shared<ContainerLines>(container.labels, read, job_->counters);
  container.worker = &job_->worker_of(id);
  std::erase_if(all_lines_, [](const auto& each) { return each.lines.expired(); });
  all_lines_.push_back({container.lines, container.worker});
  FileTarget target;
  target.job = job_->config.job_name;
  target.path = path;
  // To be told from others that read the same file.
  target.labels = {{"__meta_docker_container_id", id}, {"job_name", target.job}};
  target.spools = job_->config.spools;
  target.reads_rotated = true;
  target.decoder = container.lines;
  target.worker = container.worker;
  container.file = target;
  container.stopped_since = {};
  job_->context.files->add(std::move(target));
  if (!container.runs) check_ends_soon();
}

// ---- Ends -----------------------------------------------------------------------------------------

void Containers::check_ends_soon() {
  if (std::exchange(ends_scheduled_, true)) return;
  ends_timer_.expires_after(kEndsPeriod);
  ends_timer_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    self->ends_scheduled_ = false;
    if (self->job_->running) self->check_ends();
  });
}

// Files of containers that have stopped are closed once they are read.
void Containers::check_ends() {
  const bool any_file = std::ranges::any_of(
      containers_, [](const auto& each) { return !each.second.runs && each.second.file.has_value(); });
  const ProgressByPath files = any_file ? progress() : ProgressByPath();
  std::vector<FileTarget> closed;
  bool any_left = false;
  for (auto at = containers_.begin(); at != containers_.end();) {
    const auto here = at++;
    Container& container = here->second;
    if (container.runs) {
      container.stopped_since = {};
      continue;
    }
    if (!has_ended(container, files)) {
      any_left = true;
      continue;
    }
    if (container.file) closed.push_back(std::move(*container.file));
    container.file.reset();
    container.lines.reset();
    if (container.is_listed) continue;
    if (container.is_destroyed || (container.log && container.log->is_gone()))
      job_->forget_position(here->first);
    job_->containers.erase(here->first);
    containers_.erase(here);
  }
  if (!closed.empty()) job_->context.files->change(closed, {});
  if (any_left) check_ends_soon();
}

// Whether nothing more comes of a container that has stopped.
bool Containers::has_ended(Container& container, const ProgressByPath& files) {
  if (container.log && container.log->is_following()) return false;
  if (!container.file) return true;
  const auto now = Clock::now();
  if (container.stopped_since == Clock::time_point()) container.stopped_since = now;
  return now - container.stopped_since >= kQuiet && is_done(container, files);
}

Containers::ProgressByPath Containers::progress() const {
  ProgressByPath files;
  for (const FileStatus& status : job_->context.files->status()) {
    if (status.job != job_->config.job_name) continue;
    Progress& progress = files[status.path];
    progress.is_read = progress.is_read && status.read_offset >= status.size;
    progress.is_settled = progress.is_settled && status.settled_offset >= status.size;
  }
  return files;
}

// Whether all that the container wrote is delivered. Once it is read, what was held of a line is let go.
bool Containers::is_done(const Container& container, const ProgressByPath& files) const {
  const auto known = files.find(container.file->path);
  const Progress progress = known == files.end() ? Progress() : known->second;
  if (!progress.is_read || progress.is_settled) return progress.is_read;
  let_go(container.lines, *container.worker);
  return false;
}

}  // namespace lokitail::agent
