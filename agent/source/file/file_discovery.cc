#include "agent/source/file/file_discovery.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <boost/container/small_vector.hpp>

#include "agent/source/file/file_handle.h"
#include "agent/source/file/filesystem.h"
#include "agent/state/path.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

using Clock = std::chrono::steady_clock;

// What inotify lost, or what happened to folders as a whole, is made up for after this time.
constexpr std::chrono::milliseconds kScanDelay{50};
// In between, a sync looks whether folders have changed, at all of them or, where there are many, at a part
// (FileFollower::part_of()); each so many it looks at everything.
constexpr std::size_t kManyFolders = 1000;
constexpr unsigned kSyncsPerScan = 6;
constexpr unsigned kSyncsPerScanOfMany = 5 * kSyncsPerScan;
constexpr int kMostLinks = 16;

}  // namespace

// A folder under one of the paths that lead to it.
struct FileDiscovery::Folder final : InotifyListener {
  struct Place {
    TargetPointer target;
    GlobPlace place;
    std::uint64_t scan;  // in which it was confirmed last
  };
  struct Link {
    std::string name;
    std::string path;  // is to be looked at when something happens to the name
    std::uint64_t scan;
  };

  Folder(FileDiscovery& owner, std::string where) : discovery(owner), path(std::move(where)) {}
  void inotify_event(std::uint32_t mask, std::string_view name) override {
    discovery.folder_event(*this, mask, name);
  }
  // Looks at what is on disk. Whether that is something else than the last time, or other names are in it.
  bool has_changed() {
    const auto facts = stat_path(path.c_str());
    const std::uint64_t inode_before = std::exchange(inode, facts ? facts->identity.inode : 0);
    const std::int64_t modified_before = std::exchange(modified, facts ? facts->modified : 0);
    return inode != inode_before || modified != modified_before;
  }
  std::uint64_t inode_there() const {
    const auto facts = stat_path(path.c_str());
    return facts ? facts->identity.inode : 0;
  }
  // Whether what is watched is no longer what is there. The watch does not tell that as long as a file that was in the
  // folder is open: until then Linux keeps a folder that was removed.
  bool is_replaced() const { return watch != Inotify::kNoWatch && inode_there() != watched_inode; }
  template <typename Predicate>
  void forget(Predicate unwanted) {
    places.erase(std::remove_if(places.begin(), places.end(), unwanted), places.end());
  }

  FileDiscovery& discovery;
  const std::string path;
  boost::container::small_vector<Place, 1> places;
  std::vector<Link> links;
  Inotify::Watch watch = Inotify::kNoWatch;
  Poller::Ticket polled = 0;
  std::int64_t modified = 0;
  std::uint64_t inode = 0;
  std::uint64_t watched_inode = 0;
};

class FileDiscovery::Visitor final : public GlobVisitor {
 public:
  Visitor(FileDiscovery& discovery, TargetPointer target)
      : discovery_(discovery), target_(std::move(target)) {}

  void file(const std::string& path, std::uint64_t inode) override {
    if (target_->excludes(path)) return;
    discovery_.follower_.look(target_, path, inode);
    if (inode == 0) discovery_.watch_links(path);
  }

  void directory(const std::string& path, GlobPlace place) override {
    Folder& folder = discovery_.folder(path);
    const auto known = std::find_if(
        folder.places.begin(), folder.places.end(),
        [&](const Folder::Place& other) { return other.target == target_ && other.place == place; });
    if (known != folder.places.end()) {
      known->scan = discovery_.scan_;
    } else {
      folder.places.push_back({target_, place, discovery_.scan_});
    }
  }

 private:
  FileDiscovery& discovery_;
  const TargetPointer target_;
};

FileDiscovery::FileDiscovery(boost::asio::io_context& control, DiscoveryConfig config, FileFollower& follower,
                             Inotify& inotify, Poller& poller)
    : config_(config),
      follower_(follower),
      inotify_(inotify),
      poller_(poller),
      sync_timer_(control),
      scan_timer_(control),
      shrunk_timer_(control) {
  follower_.on_path_followed([this](const std::string& path) { watch_links(path); });
}

FileDiscovery::~FileDiscovery() = default;

// ---- Targets --------------------------------------------------------------------------------------

void FileDiscovery::change(const std::vector<FileTarget>& removed, std::vector<FileTarget> added) {
  if (!removed.empty()) remove(removed);
  std::vector<TargetPointer> fresh;
  fresh.reserve(added.size());
  for (FileTarget& target : added) fresh.push_back(compile(std::move(target)));
  targets_.insert(targets_.end(), fresh.begin(), fresh.end());
  if (!started_ || fresh.empty()) return;
  for (const TargetPointer& target : fresh) scan_target(target);
  follower_.resume_absent(fresh);
}

TargetPointer FileDiscovery::compile(FileTarget target) const {
  auto watched = std::make_shared<const WatchedTarget>(std::move(target));
  for (const Glob* const glob : {&watched->path, watched->exclude ? &*watched->exclude : nullptr}) {
    if (glob == nullptr || glob->problem().empty()) continue;
    log::error("bad pattern",
               {{"job", watched->target.job}, {"pattern", glob->literal()}, {"error", glob->problem()}});
  }
  return watched;
}

// One walk over everything, however many they are.
void FileDiscovery::remove(const std::vector<FileTarget>& targets) {
  std::unordered_multimap<std::string_view, const FileTarget*> unwanted;
  for (const FileTarget& target : targets) unwanted.emplace(target.path, &target);
  std::set<TargetPointer> removed;
  for (const TargetPointer& each : targets_) {
    const auto [first, last] = unwanted.equal_range(each->target.path);
    const auto found =
        std::find_if(first, last, [&](const auto& other) { return *other.second == each->target; });
    if (found == last) continue;
    unwanted.erase(found);
    removed.insert(each);
  }
  drop(removed);
}

void FileDiscovery::remove_job(const std::string& job) {
  std::set<TargetPointer> removed;
  for (const TargetPointer& each : targets_) {
    if (each->target.job == job) removed.insert(each);
  }
  drop(removed);
}

void FileDiscovery::drop(const std::set<TargetPointer>& removed) {
  if (removed.empty()) return;
  const auto is_removed = [&removed](const TargetPointer& target) { return removed.contains(target); };
  std::erase_if(targets_, is_removed);
  for (auto it = folders_.begin(); it != folders_.end();) {
    Folder& folder = *it->second;
    folder.forget([&](const Folder::Place& place) { return is_removed(place.target); });
    const bool is_used = !folder.places.empty() || !folder.links.empty();
    if (!is_used) unwatch(folder);
    it = is_used ? std::next(it) : folders_.erase(it);
  }
  follower_.drop(removed, targets_);
}

void FileDiscovery::start() {
  started_ = true;
  scan();
  follower_.resume_absent(targets_);
  sync_later();
}

void FileDiscovery::stop() {
  started_ = false;
  sync_timer_.cancel();
  scan_timer_.cancel();
  shrunk_timer_.cancel();
}

// ---- Scans ----------------------------------------------------------------------------------------

void FileDiscovery::scan_target(const TargetPointer& target) {
  Visitor visitor(*this, target);
  walk(target->path, visitor);
}

void FileDiscovery::scan() {
  ++scan_;
  for (const TargetPointer& target : targets_) scan_target(target);
  for (const std::string& path : follower_.look_at_rest()) watch_links(path);
  forget_unused_folders();
}

void FileDiscovery::scan_soon() {
  if (!started_ || std::exchange(scan_scheduled_, true)) return;
  scan_timer_.expires_after(kScanDelay);
  scan_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired()) return;
    scan_scheduled_ = false;
    if (started_) scan();
  });
}

void FileDiscovery::sync_later() {
  sync_timer_.expires_after(std::chrono::duration_cast<Clock::duration>(config_.sync_period));
  sync_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired() || !started_) return;
    sync();
    sync_later();
  });
}

// Most syncs cost a look at folders and at some of the open files, and find nothing.
void FileDiscovery::sync() {
  const unsigned syncs_per_scan = folders_.size() > kManyFolders ? kSyncsPerScanOfMany : kSyncsPerScan;
  const bool changed = some_folder_changed();
  if (changed || ++syncs_ % syncs_per_scan == 0 || follower_.has_unreadable()) scan();
  follower_.check_some();
}

// Goes on with the next folders the next time.
bool FileDiscovery::some_folder_changed() {
  std::size_t left = FileFollower::part_of(folders_.size());
  bool changed = false;
  auto next = folders_.upper_bound(looked_at_);
  for (; left > 0 && next != folders_.end(); ++next, --left) {
    if (next->second->has_changed()) changed = true;
    if (left == 1) looked_at_ = next->first;
  }
  if (next == folders_.end()) looked_at_.clear();
  return changed;
}

// ---- Folders --------------------------------------------------------------------------------------

FileDiscovery::Folder& FileDiscovery::folder(const std::string& path) {
  if (const auto known = folders_.find(path); known != folders_.end()) {
    Folder& folder = *known->second;
    if (folder.is_replaced()) {
      unwatch(folder);
      watch(folder);
    }
    return folder;
  }
  auto made = std::make_unique<Folder>(*this, path);
  made->has_changed();  // from now on
  const std::string_view key = made->path;
  Folder& folder = *folders_.emplace(key, std::move(made)).first->second;
  watch(folder);
  return folder;
}

void FileDiscovery::watch(Folder& folder) {
  const int descriptor = ::open(folder.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const bool remote = descriptor >= 0 && needs_polling(FileHandle(descriptor).get());
  if (config_.use_inotify && !remote) {
    folder.watched_inode = folder.inode_there();
    folder.watch = inotify_.add(folder.path, Inotify::kFolderEvents, folder);
    if (folder.watch != Inotify::kNoWatch) return;
    if (errno == ENOSPC && !std::exchange(watch_limit_told_, true)) {
      log::warn("cannot watch more folders with inotify; polling the others",
                {{"see", "fs.inotify.max_user_watches"}});
    }
  }
  folder.polled = poller_.add([this, path = folder.path] { return poll(path); });
}

bool FileDiscovery::poll(const std::string& path) {
  const auto found = folders_.find(path);
  if (found == folders_.end()) return false;
  if (!found->second->has_changed()) return false;
  scan_soon();
  return true;
}

void FileDiscovery::folder_event(Folder& folder, std::uint32_t mask, std::string_view name) {
  if ((mask & IN_IGNORED) != 0) folder.watch = Inotify::kNoWatch;
  if ((mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    // What this path means now, if anything, the scan finds out.
    unwatch(folder);
    if (const auto found = folders_.find(folder.path);
        found != folders_.end() && found->second.get() == &folder) {
      vanished_.push_back(std::move(found->second));
      folders_.erase(found);
    }
    scan_soon();
    return;
  }
  if (name.empty()) return;
  const std::string directory = folder.path;
  const std::string path = join_path(directory, name);
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) look_soon(directory);
  const auto places = folder.places;
  std::vector<std::string> linked;
  for (const Folder::Link& link : folder.links) {
    if (link.name == name) linked.push_back(link.path);
  }
  // From here on the folder may be gone.
  follower_.look_again(path);
  for (const std::string& other : linked) follower_.look_again(other);
  if ((mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) == 0) return;
  for (const Folder::Place& place : places) {
    Visitor visitor(*this, place.target);
    walk_from(place.target->path, place.place, directory, name, visitor);
  }
}

// A folder is empty before it is removed.
void FileDiscovery::look_soon(const std::string& folder) {
  shrunk_.insert(folder);
  if (shrunk_.size() > 1) return;
  shrunk_timer_.expires_after(kScanDelay);
  shrunk_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired()) return;
    for (const std::string& path : std::exchange(shrunk_, {})) {
      const auto found = folders_.find(path);
      if (found != folders_.end() && found->second->is_replaced()) scan_soon();
    }
  });
}

// A path may be a symbolic link to a file elsewhere: what happens to the names on the way there matters.
void FileDiscovery::watch_links(const std::string& path) {
  std::string at = path;
  for (int hops = 0; hops < kMostLinks; ++hops) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(at.c_str(), target.data(), target.size());
    if (size <= 0) return;
    const std::string_view link(target.data(), static_cast<std::size_t>(size));
    at = clean_path(link.starts_with('/') ? std::string(link) : join_path(folder_of(at), link));
    Folder& there = folder(folder_of(at));
    const std::string name = at.substr(at.rfind('/') + 1);
    const auto known = std::find_if(there.links.begin(), there.links.end(), [&](const Folder::Link& other) {
      return other.name == name && other.path == path;
    });
    if (known != there.links.end()) {
      known->scan = scan_;
    } else {
      there.links.push_back({name, path, scan_});
    }
  }
}

// Those that the latest scan did not come through.
void FileDiscovery::forget_unused_folders() {
  for (auto it = folders_.begin(); it != folders_.end();) {
    Folder& folder = *it->second;
    folder.forget([this](const Folder::Place& place) { return place.scan != scan_; });
    std::erase_if(folder.links, [this](const auto& link) { return link.scan != scan_; });
    if (!folder.places.empty() || !folder.links.empty()) {
      ++it;
      continue;
    }
    unwatch(folder);
    it = folders_.erase(it);
  }
  vanished_.clear();
}

void FileDiscovery::unwatch(Folder& folder) {
  if (folder.watch != Inotify::kNoWatch) inotify_.remove(folder.watch, folder);
  folder.watch = Inotify::kNoWatch;
  poller_.remove(std::exchange(folder.polled, 0));
}

}  // namespace lokitail::agent
