#include "agent/source/file/file_follower.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <boost/asio/post.hpp>

#include "agent/clock.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

bool means_gone(int error) { return error == ENOENT || error == ENOTDIR || error == ELOOP; }

// Whether a reader that was started for one of them may go on for the other.
bool reads_alike(const FileTarget& a, const FileTarget& b) {
  return a.job == b.job && a.encoding == b.encoding && a.compression == b.compression &&
         a.spools == b.spools && a.decoder == b.decoder;
}

}  // namespace

FileFollower::FileFollower(boost::asio::io_context& control, FollowerConfig config, Positions& positions,
                           Inotify& inotify, Poller& poller, ChooseWorker choose_worker)
    : control_(control),
      config_(config),
      positions_(positions),
      inotify_(inotify),
      poller_(poller),
      choose_worker_(std::move(choose_worker)),
      file_told_([this](FollowedFile& changed, std::uint32_t mask) { file_event(changed, mask); }),
      source_told_(std::make_shared<const std::function<void(FileSource&, FileSource::Event)>>(
          [this, &control, alive = std::weak_ptr(alive_)](FileSource& from, FileSource::Event event) {
            const auto pointer = std::static_pointer_cast<FileSource>(from.shared_from_this());
            boost::asio::post(control, [this, alive, pointer, event] {
              if (!alive.expired()) source_event(pointer, event);
            });
          })),
      retirement_(control),
      deferral_(control) {}

FileFollower::~FileFollower() = default;

void FileFollower::stop() {
  retirement_.cancel();
  deferral_.cancel();
}

// ---- Looking --------------------------------------------------------------------------------------

void FileFollower::look(const TargetPointer& target, const std::string& path, std::uint64_t inode) {
  const LabelSetPointer labels = shared_labels(target->target.labels);
  Tail* tail = find_tail(path, labels);
  if (tail != nullptr) tail->looked_at = look_;
  // While a file is open its number is no other's.
  if (inode != 0 && tail != nullptr && tail->file != nullptr && tail->file->key().inode == inode) return;
  const auto facts = stat_path(path.c_str());
  if (!facts || !facts->regular) {
    if (tail != nullptr && (facts || means_gone(errno))) leave(*tail);
    return;
  }
  const FileKey key{facts->identity.device, facts->identity.inode};
  if (tail != nullptr && tail->file != nullptr && tail->file->key() == key) return;
  if (!files_.contains(key) && waits_as_copy(target, path)) return;
  if (tail == nullptr && waits_for_leaving(target, path, key)) return;
  disk_failed_ = false;
  const auto known = files_.find(key);
  FollowedFile* const file = known != files_.end() ? known->second.get() : open_file(target, path);
  if (file == nullptr) return;
  const FileReader* reader = file->reader(labels);
  if (reader == nullptr && tail == nullptr) reader = file->leaving_reader();  // goes on from where that ends
  if (reader != nullptr && (reader->source->finishing() || reader->source->ended())) {
    // It is being let go of, and comes back under this name when that is done.
    postpone(*reader->source, target, path);
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

std::vector<std::string> FileFollower::look_at_rest() {
  std::vector<std::string> paths;
  for (const auto& [path, tails] : tails_) {
    if (std::any_of(tails.begin(), tails.end(),
                    [this](const auto& tail) { return tail->looked_at != look_; })) {
      paths.push_back(path);
    }
  }
  for (const std::string& path : paths) look_again(path);
  std::erase_if(unreadable_, [this](const auto& each) { return !still_unreadable_.contains(each.first); });
  still_unreadable_.clear();
  index_.clear();
  ++look_;
  return paths;
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

void FileFollower::drop(const std::set<TargetPointer>& targets, const std::vector<TargetPointer>& rest) {
  std::multimap<LabelSetPointer, TargetPointer> by_labels;
  for (const TargetPointer& other : rest) {
    const auto known = label_sets_.find(other->target.labels);
    if (known != label_sets_.end()) by_labels.emplace(*known, other);
  }
  std::vector<std::pair<TargetPointer, std::string>> others;
  erase_tails([&](Tail& tail) {
    if (!targets.contains(tail.target)) return false;
    const auto [first, last] = by_labels.equal_range(tail.labels);
    for (auto other = first; other != last; ++other) {
      if (!other->second->covers(tail.path)) continue;
      if (reads_alike(other->second->target, tail.target->target)) {
        tail.target = other->second;
        return false;
      }
      others.emplace_back(other->second, tail.path);
    }
    let_go(tail);
    return true;
  });
  std::erase_if(postponed_, [&](const auto& each) { return targets.contains(each.second.first); });
  std::erase_if(deferred_, [&](const auto& each) { return targets.contains(each.second.target); });
  for (const auto& [target, path] : others) look(target, path);
  forget_label_sets();
}

void FileFollower::postpone(const FileSource& until_ended, const TargetPointer& target,
                            const std::string& path) {
  const auto [first, last] = postponed_.equal_range(&until_ended);
  const bool known = std::any_of(first, last, [&](const auto& each) {
    return each.second.first == target && each.second.second == path;
  });
  if (!known) postponed_.emplace(&until_ended, std::pair(target, path));
}

// Where the path led to another file for a target that was removed: what is left of that comes first, and that is known
// when its reader has ended.
bool FileFollower::waits_for_leaving(const TargetPointer& target, const std::string& path, FileKey key) {
  const auto [first, last] = leaving_.equal_range(path);
  const auto other = std::find_if(first, last, [key](const auto& each) {
    return FileKey{each.second->device(), each.second->inode()} != key;
  });
  if (other == last) return false;
  postpone(*other->second, target, path);
  return true;
}

void FileFollower::look_at_postponed(const FileSource& ended) {
  for (auto* const sources : {&leaving_, &rotated_}) {
    std::erase_if(*sources, [&ended](const auto& each) { return each.second.get() == &ended; });
  }
  std::vector<std::pair<TargetPointer, std::string>> waiting;
  const auto [first, last] = postponed_.equal_range(&ended);
  for (auto each = first; each != last; ++each) waiting.push_back(each->second);
  postponed_.erase(first, last);
  for (const auto& [target, path] : waiting) look(target, path);
}

// ---- Tails ----------------------------------------------------------------------------------------

LabelSetPointer FileFollower::shared_labels(const LabelSet& labels) {
  const auto known = label_sets_.find(labels);
  return known != label_sets_.end() ? *known
                                    : *label_sets_.insert(std::make_shared<const LabelSet>(labels)).first;
}

Tail* FileFollower::find_tail(const std::string& path, const LabelSetPointer& labels) {
  const auto found = tails_.find(path);
  if (found == tails_.end()) return nullptr;
  for (const auto& tail : found->second) {
    if (tail->labels == labels) return tail.get();
  }
  return nullptr;
}

Tail& FileFollower::add_tail(const TargetPointer& target, const std::string& path) {
  auto tail = std::make_unique<Tail>(totals_);
  tail->target = target;
  const auto known = tails_.find(path);
  tail->path = known != tails_.end() ? known->first : positions_.shared_path(path);
  tail->labels = shared_labels(target->target.labels);
  tail->looked_at = look_;
  tail->empty_since = FollowClock::now();
  some_lead_nowhere_ = true;
  auto& tails = tails_[tail->path];
  tails.push_back(std::move(tail));
  return *tails.back();
}

void FileFollower::erase_tails(const std::function<bool(Tail&)>& unwanted) {
  for (auto it = tails_.begin(); it != tails_.end();) {
    auto& tails = it->second;
    tails.erase(std::remove_if(tails.begin(), tails.end(), [&](const auto& tail) { return unwanted(*tail); }),
                tails.end());
    it = it->second.empty() ? tails_.erase(it) : std::next(it);
  }
}

// False where it is not known yet what comes before it.
bool FileFollower::enter(Tail& tail, FollowedFile& file) {
  if (file.reader(tail.labels) == nullptr) {
    if (tail.last == nullptr) tail.last = rotated_before(tail.path);
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
  some_lead_nowhere_ = true;
  file.tails.erase(std::ranges::find(file.tails, &tail));
  ++counters_.rotated;
  positions_.clear_place(tail.path);
  FileReader* const reader = file.reader(tail.labels);
  if (reader == nullptr) return;
  --reader->places;
  log::info("path leads to another file now, or to none", {{"path", tail.path.text()}});
  if (reader->places == 0) retire(file, *reader);
}

// The path still leads to its file, but nobody asks for it any more.
void FileFollower::let_go(Tail& tail) {
  if (tail.file == nullptr) {
    if (tail.last != nullptr && !tail.last->ended()) rotated_.emplace(tail.path, tail.last);
    return;
  }
  FollowedFile& file = *tail.file;
  tail.leave();
  some_lead_nowhere_ = true;
  file.tails.erase(std::ranges::find(file.tails, &tail));
  FileReader* const reader = file.reader(tail.labels);
  if (reader == nullptr || --reader->places > 0) return;
  const auto facts = stat_file(file.handle->get());
  const bool counts_bytes = facts && !file.packed && !tail.target->target.compression;
  leaving_.emplace(tail.path, reader->source);
  reader->source->leave(counts_bytes ? facts->size : std::numeric_limits<std::uint64_t>::max());
  log::info("stopped tailing file", {{"path", tail.path.text()}});
}

// What was read at this path for a target that was removed, and is followed still since it was rotated away.
SourcePointer FileFollower::rotated_before(const std::string& path) const {
  const auto known = rotated_.find(path);
  return known == rotated_.end() ? nullptr : known->second;
}

// Targets that come and go bring label sets of their own.
void FileFollower::forget_label_sets() {
  std::erase_if(left_, [this](const auto& each) { return !positions_.find(each.first.first); });
  std::erase_if(label_sets_, [](const LabelSetPointer& labels) { return labels.use_count() == 1; });
}

void FileFollower::forget_old_tails() {
  if (!some_lead_nowhere_) return;
  some_lead_nowhere_ = false;
  const auto now = FollowClock::now();
  erase_tails([this, now](const Tail& tail) {
    if (tail.file != nullptr) return false;
    if ((tail.last == nullptr || tail.last->ended()) && now - tail.empty_since >= Generations::kMemory)
      return true;
    some_lead_nowhere_ = true;
    return false;
  });
}

bool FileFollower::saw(FollowedFile& file, const FileFacts& facts) {
  const bool changed = file.saw(facts);
  if (changed) some_changed_ = true;
  return changed;
}

void FileFollower::check_all() {
  for (const auto& [key, file] : files_) check(*file);
  forget_old_tails();
}

void FileFollower::check_some() {
  std::size_t left = part_of(files_.size());
  auto next = files_.upper_bound(checked_);
  for (; left > 0 && next != files_.end(); ++next, --left) {
    check(*next->second);
    checked_ = next->first;
  }
  if (next != files_.end()) return;
  checked_ = {};
  forget_old_tails();
}

void FileFollower::check(FollowedFile& file) {
  const auto facts = stat_file(file.handle->get());
  if (!facts || !saw(file, *facts)) return;
  positions_.seen(file.generation, file.size, file.modified);
  identify_better(file, *facts);
  wake(file);
}

// ---- Status ---------------------------------------------------------------------------------------

std::vector<FileStatus> FileFollower::status() const {
  std::vector<FileStatus> all;
  const std::int64_t now = system_time().to_unix_nanoseconds();
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
      status.lines = source.counters().lines.load(std::memory_order_relaxed);
      status.cut_lines = source.counters().cut_lines.load(std::memory_order_relaxed);
      status.last_read = source.last_read();
      status.lines_per_second = source.counters().rate.lines_per_second(now);
      status.bytes_per_second = source.counters().rate.bytes_per_second(now);
      status.is_stuck = is_stuck(source);
      status.retired = reader.places == 0;
      status.is_unpacked = file->packed.has_value() || source.is_unpacked();
      all.push_back(std::move(status));
    }
  }
  return all;
}

}  // namespace lokitail::agent
