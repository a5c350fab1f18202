// The files that FileFollower has open.
#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/filesystem.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {

// Opened so that nothing else than a regular file can hold us up.
std::unique_ptr<FollowedFile> FileFollower::try_open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  const auto handle = descriptor < 0 ? nullptr : std::make_shared<FileHandle>(descriptor);
  const auto facts = handle ? identify(descriptor) : std::nullopt;
  if (!facts) {
    const int error = errno;
    disk_failed_ = disk_failed_ || may_succeed_later(error);
    if (error != ENOENT) still_unreadable_.insert(path);
    if (error != ENOENT && unreadable_.insert_or_assign(path, std::strerror(error)).second) {
      ++counters_.failed;
      log::error("cannot read file", {{"path", path}, {"error", std::strerror(error)}});
    }
    return nullptr;
  }
  if (!facts->regular) return nullptr;
  unreadable_.erase(path);
  auto file = std::make_unique<FollowedFile>(file_told_);
  file->handle = handle;
  file->identity = facts->identity;
  file->size = facts->size;
  some_changed_ = true;
  file->modified = file->first_modified = facts->modified;
  return file;
}

FollowedFile* FileFollower::open_file(const TargetPointer& target, const std::string& path) {
  auto file = try_open(path);
  if (!file) return nullptr;
  // Another file may have come to this path since it was looked at.
  if (const auto known = files_.find(file->key()); known != files_.end()) return known->second.get();
  resume(*file, target, path);
  if (disk_failed_) return nullptr;
  return &follow(std::move(file));
}

bool FileFollower::is_same(const FollowedFile& file, const FileIdentity& identity) {
  errno = 0;
  if (is_same_file(file.handle->get(), file.facts(), identity)) return true;
  disk_failed_ = disk_failed_ || may_succeed_later(errno);
  return false;
}

FollowedFile& FileFollower::follow(std::unique_ptr<FollowedFile> file) {
  FollowedFile& kept = *files_.insert_or_assign(file->key(), std::move(file)).first->second;
  watch(kept);
  return kept;
}

// Where to go on: where this very file was left, whatever its name was then; or where Promtail left
// this path; or at the beginning: then it stays without a number until enter() has found what came before.
void FileFollower::resume(FollowedFile& file, const TargetPointer& target, const std::string& path) {
  const bool counts_bytes = !target->target.compression;
  auto known = positions_.with_inode(file.identity.inode);
  std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
  for (const Positions::Generation& generation : known) {
    if (!is_same(file, *generation.identity)) continue;
    if (counts_bytes && generation.offset > file.size) continue;  // cut, and the head is the same
    // Nobody knows what came and went in a file that was empty.
    if (generation.offset == 0 && generation.identity->fingerprint_bytes == 0) continue;
    file.generation = generation.id;
    file.start_offset = generation.offset;
    for (const auto& [pointer, source] : ending_) {
      if (source->generation() != generation.id) continue;
      file.start_offset = std::max(file.start_offset, source->read_offset());
    }
    positions_.identify(generation.id, file.identity);
    return;
  }
  if (const auto last = positions_.last_at(path); last && !last->identity) {
    file.generation = last->id;
    file.start_offset = !counts_bytes || last->offset <= file.size ? last->offset : 0;
    positions_.identify(last->id, file.identity);
  }
}

void FileFollower::close_file(FollowedFile& file) {
  if (file.watch != Inotify::kNoWatch) inotify_.remove(file.watch, file);
  poller_.remove(file.polled);
  for (Tail* const tail : file.tails) tail->leave();
  files_.erase(file.key());
}

// ---- Seeing changes -------------------------------------------------------------------------------

bool FileFollower::is_polled_filesystem(const FollowedFile& file) {
  const auto [found, is_new] = polled_devices_.try_emplace(file.identity.device, false);
  if (is_new) found->second = needs_polling(file.handle->get());
  return found->second;
}

void FileFollower::watch(FollowedFile& file) {
  if (config_.use_inotify && !is_polled_filesystem(file)) {
    // By descriptor, so that it is this file for sure.
    const std::string path = fmt::format("/proc/self/fd/{}", file.handle->get());
    file.watch = inotify_.add(path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF, file);
    if (file.watch != Inotify::kNoWatch) return;
    if (!std::exchange(watch_limit_told_, true)) {
      log::warn("cannot watch more files with inotify; polling the others",
                {{"error", std::strerror(errno)}, {"see", "fs.inotify.max_user_watches"}});
    }
  }
  file.polled = poller_.add([this, key = file.key()] { return poll(key); });
}

bool FileFollower::poll(FileKey key) {
  const auto found = files_.find(key);
  if (found == files_.end()) return false;
  FollowedFile& file = *found->second;
  const auto facts = stat_file(file.handle->get());
  const bool changed = !facts || saw(file, *facts);
  if (changed) wake(file);
  look_at_places(file);
  return changed;
}

void FileFollower::file_event(FollowedFile& file, std::uint32_t mask) {
  if ((mask & IN_IGNORED) != 0) {
    file.watch = Inotify::kNoWatch;
    return;
  }
  wake(file);
  if ((mask & (IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)) != 0) look_at_places(file);
}

// Of a file that was empty when it was opened nothing is known before its reader comes to it, which may be
// late: what came and went in it by then has to be found in a copy.
void FileFollower::identify_better(FollowedFile& file, const FileFacts& facts) {
  if (file.identity.fingerprint_bytes >= kFingerprintBytes) return;
  if (facts.size <= file.identity.fingerprint_bytes) return;
  const auto known = positions_.find(file.generation);
  if (!known || !known->identity || !begins_like(file.handle->get(), facts, *known->identity)) return;
  const auto now = identify(file.handle->get());
  if (!now || now->identity.fingerprint_bytes <= known->identity->fingerprint_bytes) return;
  file.identity = now->identity;
  positions_.identify(file.generation, file.identity);
}

void FileFollower::wake(FollowedFile& file) {
  for (const FileReader& reader : file.readers) reader.source->wake();
}

void FileFollower::look_at_places(FollowedFile& file) {
  std::vector<std::pair<TargetPointer, std::string>> places;
  for (const Tail* const tail : file.tails) places.emplace_back(tail->target, tail->path);
  for (const auto& [target, path] : places) look(target, path);
}

// The file was truncated: what it holds now is something new. What it held before may be in a copy. False
// where the disk does not say what there is.
bool FileFollower::restart(FollowedFile& file, bool is_last_try) {
  const std::string path = file.readers[0].path;
  disk_failed_ = false;
  const auto facts = identify(file.handle->get());
  std::vector<RotatedFile> rotated = rotated_files(path);
  auto original = positions_.find(file.generation);
  const SourcePointer least = std::ranges::min_element(file.readers, {}, [](const FileReader& reader) {
                                return reader.source->read_offset();
                              })->source;
  RotatedFile* copy = nullptr;
  if (original && original->identity) {
    original->offset = least->read_offset();
    original->modified = file.first_modified;  // whoever copied it did so later
    copy = find_copy(rotated, path, *original, least->ended() ? least->mark() : std::string_view());
  }
  if ((!facts || disk_failed_) && !is_last_try) return false;
  if (facts) saw(file, *facts);
  const FileReaders readers = std::exchange(file.readers, {});
  ++counters_.truncated;
  log::info("file was truncated; reading it from its beginning", {{"path", path}});
  for (const FileReader& reader : readers) {
    if (!reader.source->has_left()) ending_.emplace(reader.source.get(), reader.source);
    if (!reader.source->ended()) reader.source->abandon();
  }
  // What it held, and the generations that came and went since, the oldest first.
  std::vector<FollowedFile*> before;
  if (copy != nullptr) before.push_back(&take_up(std::move(copy->file), path, *original));
  if (facts && original && original->identity && !counts_lines(path)) {
    std::ranges::move(follow_between(rotated, path, *original, &file), std::back_inserter(before));
  }
  const std::uint64_t size = std::exchange(file.size_before_cut, 0);
  std::uint64_t saved = counts_lines(path) ? 0 : least->read_offset();
  if (copy != nullptr) saved = before[0]->packed ? size : std::max(saved, before[0]->size);
  lose(path, saved, size, "truncated before it was read to its end");
  if (copy == nullptr) positions_.forget(file.generation);
  if (facts) {
    file.identity = facts->identity;
    file.first_modified = facts->modified;
    file.start_offset = 0;
    file.generation = positions_.add(path, *facts, 0);
  }
  restart_readers(readers, file, before, facts.has_value());
  for (const FileReader& reader : readers) look_at_postponed(*reader.source);
  return true;
}

void FileFollower::restart_readers(const FileReaders& readers, FollowedFile& file,
                                   std::vector<FollowedFile*> before, bool is_readable) {
  for (const FileReader& old : readers) {
    if (is_readable) {
      restart_reader(old, file, before);
    } else {
      old.source->release();
    }
  }
  for (Tail* const tail : file.tails) {
    if (FileReader* const reader = file.reader(tail->labels)) tail->last = reader->source;
    positions_.place(tail->path, file.generation);
  }
  before.push_back(&file);
  for (FollowedFile* const each : before) {
    if (each->readers.empty()) close_file(*each);
  }
}

// First what came `before`, of which the first file may be the copy of what the old reader was at.
void FileFollower::restart_reader(const FileReader& old, FollowedFile& file,
                                  const std::vector<FollowedFile*>& before) {
  Tail* const tail = find_tail(old.path, old.labels);
  if (tail == nullptr) return old.source->release();
  SourcePointer predecessor;
  for (FollowedFile* const each : before) {
    if (each->generation == old.source->generation()) each->start_offset = old.source->read_offset();
    FileReader& reader = start(*tail, *each, predecessor);
    predecessor = reader.source;
    retire(*each, reader);
  }
  FileReader& reader = start(*tail, file, predecessor, old.source);
  reader.places = old.places;
  if (tail->last == old.source) tail->last = reader.source;
  if (reader.places == 0) retire(file, reader);
}

void FileFollower::lose(const std::string& path, std::uint64_t from, std::uint64_t to, const char* why) {
  if (to <= from) return;
  counters_.lost_bytes += to - from;
  log::error("lines are lost", {{"path", path}, {"why", why}, {"from", from}, {"to", to}});
}

}  // namespace lokitail::agent
