// Generations of a path that came and went while nobody looked: while the agent was down, or when a
// log is rotated faster than its events are handled.
//
// Whoever rotates a log renames it within its folder, or copies it there before it is truncated, and may
// compress it afterwards. So the file that was read last is looked for there by its identity, or by what it
// begins with. What comes behind it in the order of the rotated files (rotated_files.h), and that we have
// never seen, is what lies between that one and the present one.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/rotated_name.h"
#include "agent/state/path.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

bool is_same_inode(const FileIdentity& a, const FileIdentity& b) {
  return a.inode == b.inode && a.born == b.born;
}

// Where the last one is not found, times have to tell. If it was truncated, the copies that were made of it
// before are younger, too: then it is the change that counts, and so where births are not known.
bool is_younger(const RotatedFile& candidate, const Positions::Generation& last,
                const FollowedFile* newcomer) {
  const bool truncated = newcomer != nullptr && is_same_inode(newcomer->identity, *last.identity);
  if (truncated || candidate.identity.born == 0 || last.identity->born == 0) {
    return candidate.modified >= last.modified;
  }
  return candidate.identity.born >= last.identity->born;
}

}  // namespace

// `newcomer` is what the path leads to now; nullptr for nothing.
// False where the disk does not say what there is: then nothing has changed. But one file that can never be
// read is not to hold up all that came after it.
bool FileFollower::start_missed(Tail& tail, const FollowedFile* newcomer) {
  constexpr std::chrono::seconds kLongestWait{30};
  disk_failed_ = false;
  const bool is_first = tail.target->target.reads_rotated && !positions_.last_at(tail.path);
  std::vector<FollowedFile*> missed =
      is_first ? find_history(tail.path, newcomer) : find_missed(tail.path, newcomer, true);
  if (missed.empty() && disk_failed_) {
    const auto now = FollowClock::now();
    if (!tail.blocked_since) tail.blocked_since = now;
    if (now - *tail.blocked_since < kLongestWait) return false;
    log::error("a rotated file cannot be read; going on without it", {{"path", tail.path.text()}});
    missed = find_missed(tail.path, newcomer, false);
  }
  tail.blocked_since.reset();
  if (tail.last == nullptr && tails_.at(tail.path).size() > 1) {
    for (FollowedFile* const file : found_before(tail.path)) {
      const bool is_read = file->reader(tail.labels) != nullptr;
      if (!is_read && std::ranges::find(missed, file) == missed.end()) start_retired(tail, *file);
    }
  }
  for (FollowedFile* const file : find_left(tail, newcomer)) {
    if (std::ranges::find(missed, file) == missed.end()) start_retired(tail, *file);
  }
  for (FollowedFile* const file : missed) start_retired(tail, *file);
  return true;
}

// A target was removed and comes back, and what it had left was rotated away in the meantime: more may have been
// written to it. Positions say nothing of that while what was read is not settled.
std::vector<FollowedFile*> FileFollower::find_left(const Tail& tail, const FollowedFile* newcomer) {
  std::vector<FollowedFile*> found;
  if (tail.last != nullptr) return found;
  for (const auto& [left, beginning] : left_) {
    const GenerationId id = left.first;
    const auto generation = positions_.find(id);
    if (!generation || !generation->identity || generation->path != tail.path) continue;
    if (newcomer != nullptr && newcomer->generation == id) continue;
    FollowedFile* file = open_generation(id);
    if (file != nullptr && file->reader(tail.labels) != nullptr) continue;
    if (file == nullptr) {
      std::vector<RotatedFile> rotated = rotated_files(tail.path);
      file = find_generation(rotated, tail.path, *generation);
    }
    if (file != nullptr && std::ranges::find(found, file) == found.end()) found.push_back(file);
  }
  return found;
}

// Those that were found for another set of labels.
std::vector<FollowedFile*> FileFollower::found_before(const std::string& path) {
  std::vector<FollowedFile*> files;
  for (const auto& [key, file] : files_) {
    if (file->missed_at == path) files.push_back(file.get());
  }
  std::ranges::sort(files, {}, &FollowedFile::missed_order);
  return files;
}

// `waits`: finds nothing where some of it cannot be read now.
std::vector<FollowedFile*> FileFollower::find_missed(const std::string& path, const FollowedFile* newcomer,
                                                     bool waits) {
  std::vector<FollowedFile*> missed;
  const auto last = positions_.last_at(path);
  if (!last) return missed;
  const auto unfinished = positions_.unfinished_at(path);
  const bool moved_on = last->identity && (newcomer == nullptr || last->id != newcomer->generation);
  if (unfinished.empty() && !moved_on) return missed;
  std::vector<RotatedFile> rotated = rotated_files(path);
  if (disk_failed_ && waits) return missed;
  for (const Positions::Generation& generation : unfinished) {
    if (newcomer != nullptr && generation.id == newcomer->generation) continue;
    // What is open is taken care of, even if its reader has just ended.
    if (!generation.identity || open_generation(generation.id) != nullptr) continue;
    FollowedFile* file = find_generation(rotated, path, generation);
    if (RotatedFile* const copy = file == nullptr ? find_copy(rotated, path, generation, {}) : nullptr) {
      file = &take_up(std::move(copy->file), path, generation);
    }
    if (file != nullptr) {
      missed.push_back(file);
    } else if (index_.complete(path) && !disk_failed_) {
      if (!counts_lines(path)) {
        lose(path, generation.offset, generation.size, "gone before it was read to its end");
      }
      positions_.forget(generation.id);
    }
  }
  if (moved_on) {
    for (FollowedFile* const file : follow_between(rotated, path, *last, newcomer)) {
      missed.push_back(file);
    }
  }
  // A truncated one has a later number than what came after it. One that lies elsewhere is the oldest.
  std::ranges::stable_sort(missed, {}, [&rotated](const FollowedFile* file) {
    const auto place = std::ranges::find(rotated, file->key(), &RotatedFile::key);
    return place == rotated.end() ? -1 : place - rotated.begin();
  });
  for (FollowedFile* const file : missed) file->missed_order = ++last_missed_;
  return missed;
}

// All that was rotated before anybody looked at the path.
std::vector<FollowedFile*> FileFollower::find_history(const std::string& path, const FollowedFile* newcomer) {
  std::vector<FollowedFile*> followed;
  for (RotatedFile& rotated : rotated_files(path)) {
    if (!rotated.file || rotated.known || (newcomer != nullptr && rotated.key == newcomer->key())) continue;
    rotated.file->generation = positions_.add(path, rotated.file->facts(), 0);
    rotated.file->missed_at = path;
    followed.push_back(&follow(std::move(rotated.file)));
    followed.back()->missed_order = ++last_missed_;
  }
  return followed;
}

std::vector<RotatedFile> FileFollower::rotated_files(const std::string& path) {
  constexpr int kTries = 20;  // somebody who rotates without a pause is in the way of each with luck
  bool vanished = false;
  index_.look_again();
  std::vector<RotatedFile> files = list_rotated(path, vanished);
  // What was renamed or compressed in the meantime has another name now.
  for (int tries = 1; vanished && tries < kTries; ++tries) {
    index_.clear();
    vanished = false;
    files = list_rotated(path, vanished);
  }
  sort_by_age(files);
  return files;
}

std::vector<RotatedFile> FileFollower::list_rotated(const std::string& path, bool& vanished) {
  std::vector<RotatedFile> files;
  for (const std::string& folder : FolderIndex::folders_around(path)) {
    const std::string original = FolderIndex::name_in(folder, path);
    const std::vector<std::string>& names = index_.folder(folder).names;
    for (const std::string& name : names) {
      if (!is_rotated_name(original, name)) continue;
      // It is being compressed.
      const std::string_view uncompressed = uncompressed_name(name);
      if (uncompressed != name && std::ranges::find(names, uncompressed) != names.end()) continue;
      auto file = try_open_rotated(path, join_path(folder, name));
      vanished = vanished || (!file && !stat_path(join_path(folder, name).c_str()));
      // Two names of one file count once.
      if (!file || std::ranges::find(files, file->key(), &RotatedFile::key) != files.end()) continue;
      RotatedFile rotated;
      rotated.name = name;
      rotated.number = rotation_number(original, name);
      rotated.key = file->key();
      rotated.identity = file->identity;
      rotated.modified = file->modified;
      rotated.packed = file->packed.has_value();
      rotated.known = is_known(*file);
      rotated.file = std::move(file);
      files.push_back(std::move(rotated));
    }
  }
  return files;
}

std::unique_ptr<FollowedFile> FileFollower::try_open_rotated(const std::string& original,
                                                             const std::string& path) {
  auto file = try_open(path);
  if (file && !counts_lines(original) && !file->look_whether_packed()) {
    disk_failed_ = disk_failed_ || may_succeed_later(errno);
    return nullptr;
  }
  return file;
}

FollowedFile* FileFollower::find_generation(std::vector<RotatedFile>& rotated, const std::string& path,
                                            const Positions::Generation& generation) {
  for (RotatedFile& candidate : rotated) {
    if (!candidate.file || candidate.identity.inode != generation.identity->inode) continue;
    if (files_.contains(candidate.key) || !is_same(*candidate.file, *generation.identity)) continue;
    if (!counts_lines(path) && !candidate.packed && generation.offset > candidate.file->size) continue;
    return &take_up(std::move(candidate.file), path, generation);
  }
  for (const std::string& candidate : index_.find(path, generation.identity->inode)) {
    auto file = candidate == path ? try_open(path) : try_open_rotated(path, candidate);
    if (!file || files_.contains(file->key())) continue;
    if (!is_same(*file, *generation.identity)) continue;
    if (!counts_lines(path) && !file->packed && generation.offset > file->size) continue;
    return &take_up(std::move(file), path, generation);
  }
  return nullptr;
}

// Follows a file that was found to be this generation, from where it was left.
FollowedFile& FileFollower::take_up(std::unique_ptr<FollowedFile> file, const std::string& path,
                                    const Positions::Generation& generation) {
  file->generation = generation.id;
  file->start_offset = generation.offset;
  file->missed_at = path;
  positions_.identify(generation.id, file->identity);
  positions_.seen(generation.id, file->size, file->modified);
  return follow(std::move(file));
}

// Whether offsets are numbers of lines there, as with compressed files.
bool FileFollower::counts_lines(const std::string& path) const {
  const auto tails = tails_.find(path);
  return tails != tails_.end() &&
         std::any_of(tails->second.begin(), tails->second.end(),
                     [](const auto& tail) { return tail->target->target.compression.has_value(); });
}

FollowedFile* FileFollower::open_generation(GenerationId generation) const {
  const auto found = std::find_if(files_.begin(), files_.end(), [generation](const auto& entry) {
    return entry.second->generation == generation;
  });
  return found == files_.end() ? nullptr : found->second.get();
}

bool FileFollower::is_known(const FollowedFile& file) {
  if (files_.contains(file.key())) return true;
  return std::ranges::any_of(positions_.with_inode(file.identity.inode),
                             [&](const auto& known) { return is_same(file, *known.identity); });
}

// What lies behind the last generation that is known, and before the newcomer.
std::vector<FollowedFile*> FileFollower::follow_between(std::vector<RotatedFile>& rotated,
                                                        const std::string& path,
                                                        const Positions::Generation& last,
                                                        const FollowedFile* newcomer) {
  const auto last_place = place_of_last(rotated, last, newcomer);
  const bool last_is_there = last_place != rotated.end();
  // The newcomer may have been renamed since, deleted, or compressed.
  const bool has_gone = newcomer != nullptr && !newcomer->is_at(path);
  const auto end = has_gone ? place_of_newcomer(rotated, *newcomer) : rotated.end();
  const bool was_deleted = has_gone && end == rotated.end();
  std::vector<FollowedFile*> followed;
  for (auto it = last_is_there ? std::next(last_place) : rotated.begin(); it < end; ++it) {
    if (!it->file || it->known) continue;
    if (!last_is_there && (!is_younger(*it, last, newcomer) || is_known_packed(*it->file, path))) continue;
    // When it was compressed says nothing.
    if (was_deleted && !it->packed && it->modified > newcomer->modified) continue;
    if (may_be_copy(*it->file, path)) continue;
    if (newcomer != nullptr && holds_the_same(*it->file, *newcomer)) continue;
    it->file->generation = positions_.add(path, it->file->facts(), 0);
    it->file->missed_at = path;
    followed.push_back(&follow(std::move(it->file)));
  }
  return followed;
}

// Whether one that is known was compressed to it. When that was says nothing of what is in it.
bool FileFollower::is_known_packed(const FollowedFile& file, const std::string& path) const {
  if (!file.packed) return false;
  return std::ranges::any_of(positions_.all_at(path), [&](const Positions::Generation& known) {
    return is_copy_of(file, known, {}) && file.content_size() == known.size;
  });
}

// Where the newcomer is, or what it was compressed to since it was opened.
std::vector<RotatedFile>::iterator FileFollower::place_of_newcomer(std::vector<RotatedFile>& rotated,
                                                                   const FollowedFile& newcomer) {
  const auto place = std::ranges::find(rotated, newcomer.key(), &RotatedFile::key);
  const auto facts = stat_file(newcomer.handle->get());
  if (place != rotated.end() || !facts) return place;
  return std::ranges::find_if(rotated, [&](const RotatedFile& candidate) {
    return candidate.file && candidate.packed && candidate.file->content_begins_like(newcomer.identity) &&
           candidate.file->content_size() == facts->size;
  });
}

// Where the last generation is, or what it was copied or compressed to.
std::vector<RotatedFile>::iterator FileFollower::place_of_last(std::vector<RotatedFile>& rotated,
                                                               const Positions::Generation& last,
                                                               const FollowedFile* newcomer) const {
  const FollowedFile* open = nullptr;
  for (const auto& [key, file] : files_) {
    if (file.get() != newcomer && file->generation == last.id) open = file.get();
  }
  if (open != nullptr) {
    // Should it have been truncated, restart() takes care of its copies.
    const auto place = std::ranges::find(rotated, open->key(), &RotatedFile::key);
    if (place != rotated.end()) return place;
  }
  const auto was_last = [&](const RotatedFile& candidate) {
    if (!candidate.file || (newcomer != nullptr && candidate.key == newcomer->key())) return false;
    const FollowedFile& file = *candidate.file;
    return is_same_file(file.handle->get(), file.facts(), *last.identity) || is_copy_of(file, last, {});
  };
  const auto first = std::ranges::find_if(rotated, was_last);
  if (open == nullptr || first == rotated.end()) return first;
  // Many logs begin alike. What is open and was deleted is known in its full size.
  const auto facts = stat_file(open->handle->get());
  for (auto it = first; it != rotated.end() && facts; ++it) {
    const bool is_only_one = it == first && std::none_of(std::next(it), rotated.end(), was_last);
    if (is_only_one || (was_last(*it) && it->file->content_size() == facts->size)) return it;
  }
  return first;
}

void FileFollower::start_retired(Tail& tail, FollowedFile& file) {
  FileReader& reader = start(tail, file, tail.last);
  tail.last = reader.source;
  retire(file, reader);
}

}  // namespace lokitail::agent
