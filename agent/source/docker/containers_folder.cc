#include "agent/source/docker/containers_folder.h"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "agent/source/file/file_targets.h"
#include "agent/state/durable_file.h"
#include "agent/state/file_identity.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Several changes at a time are looked at once.
constexpr std::chrono::milliseconds kSoon{20};
// What is not there yet, or cannot be watched, is looked for this often at least.
constexpr std::chrono::seconds kRetry{5};
constexpr std::uint64_t kMostBytes = 16u << 20;
constexpr std::size_t kIdLength = 64;
constexpr const char* kConfig = "config.v2.json";
constexpr const char* kHostConfig = "hostconfig.json";
constexpr std::uint32_t kChanges =
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

bool is_id(std::string_view name) {
  return name.size() == kIdLength &&
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

ContainersFolder::ContainersFolder(std::shared_ptr<DockerJob> job, const config::DockerSdConfig& config)
    : job_(std::move(job)),
      config_(config),
      filter_(config),
      containers_(std::make_shared<Containers>(job_, Containers::MakeLog())),
      watched_(std::make_unique<WatchedFolder>(job_->context.files->inotify(), config.containers_directory,
                                               kChanges,
                                               [this](std::uint32_t, std::string_view) { look_soon(); })),
      timer_(job_->context.control) {}

ContainersFolder::~ContainersFolder() = default;

void ContainersFolder::start() { look(Look::kEverything); }

void ContainersFolder::stop() {
  timer_.cancel();
  containers_->stop();
  watched_.reset();
  for (auto& [id, entry] : entries_) entry.watched.reset();
}

void ContainersFolder::let_go_lines() { containers_->let_go_lines(); }

void ContainersFolder::forget_lines() { containers_->forget_lines(); }

bool ContainersFolder::ready() const { return can_look_ && !containers_->empty(); }

// ---- Looks ----------------------------------------------------------------------------------------

void ContainersFolder::look_soon() {
  if (!std::exchange(is_soon_, true)) look_after(kSoon, Look::kChanges);
}

void ContainersFolder::look_after(std::chrono::nanoseconds time, Look at) {
  timer_.expires_after(std::chrono::duration_cast<Clock::duration>(time));
  timer_.async_wait([weak = weak_from_this(), at](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && self->job_->running) self->look(at);
  });
}

void ContainersFolder::look(Look at) {
  is_soon_ = false;
  is_unreadable_ = false;
  bool is_net = watched_->watch();  // before the look, so that nothing is missed
  std::set<std::string> ids;
  const std::error_code error = list(ids);
  can_look_ = !error;
  if (can_look_) is_net &= take_in(ids);
  if (error != std::exchange(look_error_, error) && error) report(error.message());
  // Of a folder that is not there yet, all is new that comes.
  has_looked_ |= can_look_ || error == std::errc::no_such_file_or_directory;
  for (auto& [id, entry] : entries_) {
    entry.has_changed |= !entry.is_whole || (at == Look::kEverything && entry.stamps != stamps(files(id)));
    if (entry.has_changed) read(id, entry);
    is_net &= entry.is_whole;
  }
  // After all are read: one may share the network of another.
  for (auto& [id, entry] : entries_) {
    if (std::exchange(entry.has_changed, false) || at == Look::kEverything) take_up(id, entry);
  }
  told_unreadable_ = told_unreadable_ && is_unreadable_;
  look_after(is_net && can_look_ ? config_.refresh_interval
                                 : std::min<std::chrono::nanoseconds>(config_.refresh_interval, kRetry),
             Look::kEverything);
}

// The containers that there are. An error where that cannot be said.
std::error_code ContainersFolder::list(std::set<std::string>& ids) const {
  std::error_code error;
  for (fs::directory_iterator it(config_.containers_directory, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename();
    if (is_id(name)) ids.insert(std::move(name));
  }
  return error;
}

// New ones get entries; what is not there any more is gone. Whether all are watched.
bool ContainersFolder::take_in(const std::set<std::string>& ids) {
  std::erase_if(entries_, [&](const auto& known) {
    if (ids.contains(known.first)) return false;
    containers_->gone(known.first);
    return true;
  });
  bool all_watched = true;
  for (const std::string& id : ids) {
    Entry& entry = entries_[id];
    if (entry.watched && entry.watched->is_on()) continue;
    if (!entry.watched) {
      entry.is_late = has_looked_;
      entry.watched =
          std::make_unique<WatchedFolder>(job_->context.files->inotify(), path(id, ""), kChanges,
                                          [this, &entry](std::uint32_t, std::string_view name) {
                                            if (!name.empty() && name != kConfig && name != kHostConfig)
                                              return;
                                            entry.has_changed = true;
                                            look_soon();
                                          });
    }
    entry.has_changed = true;
    all_watched &= entry.watched->watch();
  }
  return all_watched;
}

// ---- A container ----------------------------------------------------------------------------------

ContainersFolder::Texts ContainersFolder::files(const std::string& id) const {
  return {path(id, kConfig), path(id, kHostConfig)};
}

std::array<ContainersFolder::Stamp, 2> ContainersFolder::stamps(const Texts& files) {
  std::array<Stamp, 2> stamps;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto facts = stat_path(files[i].c_str());
    if (facts) stamps[i] = {facts->identity.inode, facts->size, facts->modified};
  }
  return stamps;
}

// Nothing where one is missing: the engine is about to write it, or to remove it.
std::optional<ContainersFolder::Texts> ContainersFolder::read_texts(const Texts& files) {
  Texts texts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    bool is_missing = false;
    const std::string problem = read_whole_file(files[i], texts[i], is_missing);
    if (is_missing) return std::nullopt;
    if (problem.empty()) continue;
    is_unreadable_ = true;
    // Of all containers once: it is the same with the others.
    if (!std::exchange(told_unreadable_, true)) report(problem);
    return std::nullopt;
  }
  return texts;
}

void ContainersFolder::read(const std::string& id, Entry& entry) {
  const Texts paths = files(id);
  entry.is_whole = false;
  entry.stamps = stamps(paths);  // before the text, so that nothing is missed
  const bool is_too_large =
      std::ranges::any_of(entry.stamps, [](Stamp stamp) { return stamp.size > kMostBytes; });
  std::optional<StoredContainer> stored;
  if (!is_too_large) {
    const auto texts = read_texts(paths);
    if (!texts) return;
    stored = parse_stored_container((*texts)[0], (*texts)[1]);
  }
  if (!stored || stored->listed.id != id) {
    if (!std::exchange(entry.is_told, true)) {
      log::warn("a container's configuration cannot be understood; its former labels stay",
                {{"job", job_->config.job_name}, {"file", paths[0]}});
    }
    return;
  }
  // Where it is for us; the engine may see it under another path.
  stored->details.log_path = path(id, id + "-json.log");
  // What was there when we came was not started since.
  if (!entry.stored && !entry.is_late) entry.started_before = stored->started_at;
  entry.stored = std::move(*stored);
  entry.is_whole = true;
}

void ContainersFolder::take_up(const std::string& id, Entry& entry) {
  if (!entry.stored) return;
  const auto& [listed, details, started_at] = *entry.stored;
  if (!filter_.matches(listed)) return containers_->gone(id);
  if (details.log_driver != "json-file") {
    if (!std::exchange(entry.is_told, true)) {
      log::warn(
          "the log of a container cannot be read without the engine: only those of the json-file driver are "
          "files",
          {{"job", job_->config.job_name}, {"container", id}, {"driver", details.log_driver}});
    }
    return;
  }
  const bool is_wanted = listed.runs() || started_at != entry.started_before;
  entry.started_before = started_at;
  const config::LabelMap labels = container_labels(
      listed, [this](std::string_view other) { return find(other); }, {}, config_);
  if (containers_->found(listed, labels, is_wanted)) containers_->take_up(listed, labels, details, is_wanted);
}

const ListedContainer* ContainersFolder::find(std::string_view id) const {
  const auto known = entries_.find(id);
  return known == entries_.end() || !known->second.stored ? nullptr : &known->second.stored->listed;
}

std::string ContainersFolder::path(const std::string& id, std::string_view name) const {
  std::string path = config_.containers_directory + '/' + id;
  if (!name.empty()) path.append("/").append(name);
  return path;
}

void ContainersFolder::report(const std::string& what) const {
  log::error("Docker's containers cannot be read from their folder",
             {{"job", job_->config.job_name}, {"directory", config_.containers_directory}, {"error", what}});
}

}  // namespace lokitail::agent
