#include "agent/source/file/file_follower.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

bool means_gone(int error) { return error == ENOENT || error == ENOTDIR || error == ELOOP; }

}  // namespace

FileFollower::FileFollower(boost::asio::io_context& control, FollowerConfig config,
                           Positions& positions, Inotify& inotify, Poller& poller,
                           ChooseWorker choose_worker)
    : control_(control),
      config_(config),
      positions_(positions),
      inotify_(inotify),
      poller_(poller),
      choose_worker_(std::move(choose_worker)),
      retirement_(control),
      deferral_(control) {}

FileFollower::~FileFollower() = default;

void FileFollower::stop() {
  retirement_.cancel();
  deferral_.cancel();
}

// ---- Looking --------------------------------------------------------------------------------------

void FileFollower::look(const TargetPointer& target, const std::string& path) {
  const LabelSet* const labels = &*label_sets_.insert(target->target.labels).first;
  Tail* tail = find_tail(path, labels);
  if (tail != nullptr) tail->looked_at = look_;
  const auto facts = stat_path(path.c_str());
  if (!facts || !facts->regular) {
    if (tail != nullptr && (facts || means_gone(errno))) leave(*tail);
    return;
  }
  const FileKey key{facts->identity.device, facts->identity.inode};
  if (tail != nullptr && tail->file != nullptr && tail->file->key() == key) return;
  if (!files_.contains(key) && waits_as_copy(target, path)) return;
  disk_failed_ = false;
  const auto known = files_.find(key);
  FollowedFile* const file = known != files_.end() ? known->second.get() : open_file(target, path);
  if (file == nullptr) return;
  if (const FileReader* const reader = file->reader(labels);
      reader != nullptr && (reader->source->finishing() || reader->source->ended())) {
    // It is being let go of, and comes back under this name when that is done.
    postponed_.emplace_back(target, path);
    return;
  }
  if (tail == nullptr) tail = &add_tail(target, path);
  if (tail->file == file) return;
  leave(*tail);
  // It is tried again with the next look.
  if (!enter(*tail, *file) && file->readers.empty()) close_file(*file);
}

void FileFollower::look_again(const std::string& path) {
  const auto found = tails_.find(path);
  if (found == tails_.end()) return;
  std::vector<TargetPointer> targets;
  for (const auto& tail : found->second) targets.push_back(tail->target);
  for (const TargetPointer& target : targets) look(target, path);
}

void FileFollower::look_at_rest() {
  std::vector<std::string> paths;
  for (const auto& [path, tails] : tails_) {
    if (std::any_of(tails.begin(), tails.end(),
                    [this](const auto& tail) { return tail->looked_at != look_; })) {
      paths.push_back(path);
    }
  }
  for (const std::string& path : paths) look_again(path);
  ++look_;
}

void FileFollower::resume_absent(const std::vector<TargetPointer>& targets) {
  for (const Positions::Generation& generation : positions_.unfinished()) {
    if (!generation.identity || tails_.contains(generation.path)) continue;
    for (const TargetPointer& target : targets) {
      if (!target->covers(generation.path)) continue;
      start_missed(add_tail(target, generation.path), nullptr);
    }
  }
}

void FileFollower::drop(const TargetPointer& target) {
  erase_tails([this, &target](Tail& tail) {
    if (tail.target != target) return false;
    leave(tail);
    if (tail.last) tail.last->abandon();
    return true;
  });
}

// ---- Tails ----------------------------------------------------------------------------------------

Tail* FileFollower::find_tail(const std::string& path, const LabelSet* labels) {
  const auto found = tails_.find(path);
  if (found == tails_.end()) return nullptr;
  for (const auto& tail : found->second) {
    if (tail->labels == labels) return tail.get();
  }
  return nullptr;
}

Tail& FileFollower::add_tail(const TargetPointer& target, const std::string& path) {
  auto tail = std::make_unique<Tail>();
  tail->target = target;
  tail->path = path;
  tail->labels = &*label_sets_.insert(target->target.labels).first;
  tail->looked_at = look_;
  tail->empty_since = FollowClock::now();
  auto& tails = tails_[path];
  tails.push_back(std::move(tail));
  return *tails.back();
}

void FileFollower::erase_tails(const std::function<bool(Tail&)>& unwanted) {
  for (auto it = tails_.begin(); it != tails_.end();) {
    std::erase_if(it->second, [&unwanted](const auto& tail) { return unwanted(*tail); });
    it = it->second.empty() ? tails_.erase(it) : std::next(it);
  }
}

// False where it is not known yet what comes before it.
bool FileFollower::enter(Tail& tail, FollowedFile& file) {
  if (file.reader(tail.labels) == nullptr) {
    if (!start_missed(tail, &file)) return false;
    if (file.generation == 0) {
      file.generation = positions_.add(tail.path, file.facts(), 0);
    }
    start(tail, file, tail.last);
  }
  FileReader& reader = *file.reader(tail.labels);
  ++reader.places;
  tail.enter(file);
  tail.last = reader.source;
  file.tails.push_back(&tail);
  positions_.place(tail.path, file.generation);
  if (path_followed_) path_followed_(tail.path);
  return true;
}

void FileFollower::leave(Tail& tail) {
  if (tail.file == nullptr) return;
  FollowedFile& file = *tail.file;
  tail.leave();
  std::erase(file.tails, &tail);
  ++counters_.rotated;
  positions_.clear_place(tail.path);
  FileReader* const reader = file.reader(tail.labels);
  if (reader == nullptr) return;
  --reader->places;
  log::info("path leads to another file now, or to none", {{"path", tail.path}});
  if (reader->places == 0) retire(file, *reader);
}

void FileFollower::forget_old_tails() {
  const auto now = FollowClock::now();
  erase_tails([now](const Tail& tail) {
    return tail.file == nullptr && (tail.last == nullptr || tail.last->ended()) &&
           now - tail.empty_since >= Generations::kMemory;
  });
}

void FileFollower::check_all() {
  for (const auto& [key, file] : files_) {
    const auto facts = stat_file(file->handle->get());
    if (!facts || !file->saw(*facts)) continue;
    positions_.seen(file->generation, file->size, file->modified);
    identify_better(*file, *facts);
    wake(*file);
  }
  forget_old_tails();
}

// ---- Status ---------------------------------------------------------------------------------------

std::vector<FileStatus> FileFollower::status() const {
  std::vector<FileStatus> all;
  for (const auto& [key, file] : files_) {
    const auto facts = stat_file(file->handle->get());
    for (const FileReader& reader : file->readers) {
      const FileSource& source = *reader.source;
      FileStatus status;
      status.path = source.filename();
      status.job = source.job();
      status.labels = source.labels();
      status.read_offset = source.read_offset();
      status.settled_offset = source.settled_offset();
      status.size = facts ? facts->size : file->size;
      status.lines = source.counters()->lines.load(std::memory_order_relaxed);
      status.cut_lines = source.counters()->cut_lines.load(std::memory_order_relaxed);
      status.last_read = source.last_read();
      status.retired = reader.places == 0;
      all.push_back(std::move(status));
    }
  }
  return all;
}

std::vector<std::string> FileFollower::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, tails] : tails_) paths.push_back(path);
  return paths;
}

}  // namespace lokitail::agent
