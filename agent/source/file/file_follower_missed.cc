// Generations of a path that came and went while nobody looked: while the agent was down, or when a
// log is rotated faster than its events are handled.
//
// Whoever rotates a log renames it within its folder. So the file that was read last is looked for
// there by its identity; and files that are called like rotated ones, that we have never seen, and that
// are younger than the last one known, are what lies between that one and the present one. Without
// times of birth (some filesystems have none) the time of the last change has to do. A file that holds
// the same as one that is open is a copy of it, and is left alone.
//
// Where a file is there, but not its content, it was truncated: file_follower_copies.cc.
#include <algorithm>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/rotated_name.h"
#include "agent/state/path.h"

namespace lokitail::agent {
namespace {

// The name that `path` has in one of the folders around it: its own, or that of the file it links to.
std::string name_in(const std::string& folder, const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(
      folder == folder_of(path) ? nullptr : ::realpath(path.c_str(), nullptr), ::free);
  const std::string_view full = real ? std::string_view(real.get()) : std::string_view(path);
  return std::string(full.substr(full.rfind('/') + 1));
}

// The same file, even if its content is another.
bool is_same_inode(const FileIdentity& a, const FileIdentity& b) {
  return a.inode == b.inode && a.born == b.born;
}

// When what is in `next` began to be there, after `last`; 0 if it is not known.
std::int64_t begin_of(const Positions::Generation& next, const Positions::Generation& last) {
  if (!next.identity) return 0;
  return is_same_inode(*next.identity, *last.identity) ? next.since : next.identity->born;
}

// `copy` has what `last` had before it was truncated. Times: 0 is unknown.
bool is_between(const FollowedFile& candidate, const Positions::Generation& last,
                const Positions::Generation* copy, std::int64_t until) {
  // It was truncated, and renamed then.
  if (is_same_inode(candidate.identity, *last.identity)) return true;
  const std::int64_t born = candidate.identity.born;
  if (born == 0 || last.identity->born == 0) return candidate.modified >= last.since;
  const std::int64_t since = copy != nullptr ? copy->identity->born : last.identity->born;
  return born >= std::max(since, last.since) && (until == 0 || born <= until);
}

}  // namespace

// `newcomer` is what the path leads to now; nullptr for nothing.
void FileFollower::start_missed(Tail& tail, const FollowedFile* newcomer) {
  if (tail.last == nullptr && tails_.at(tail.path).size() > 1) {
    for (FollowedFile* const file : found_before(tail.path)) start_retired(tail, *file);
  }
  for (FollowedFile* const file : find_missed(tail.path, newcomer)) start_retired(tail, *file);
}

// Those that were found for another set of labels.
std::vector<FollowedFile*> FileFollower::found_before(const std::string& path) {
  std::vector<FollowedFile*> files;
  for (const auto& [key, file] : files_) {
    if (file->missed_at == path) files.push_back(file.get());
  }
  std::sort(files.begin(), files.end(), [](const FollowedFile* a, const FollowedFile* b) {
    return a->generation < b->generation;
  });
  return files;
}

std::vector<FollowedFile*> FileFollower::find_missed(const std::string& path,
                                                     const FollowedFile* newcomer) {
  std::vector<FollowedFile*> missed;
  const auto add = [&missed](const std::vector<FollowedFile*>& files) {
    missed.insert(missed.end(), files.begin(), files.end());
  };
  const GenerationId newcomer_id = newcomer != nullptr ? newcomer->generation : 0;
  const auto last = positions_.last_at(path);
  if (!last) return missed;
  FolderIndex index;
  auto unfinished = positions_.all_at(path);
  std::erase_if(unfinished, [](const auto& each) { return each.finished || each.followed; });
  for (auto generation = unfinished.begin(); generation != unfinished.end(); ++generation) {
    if (generation->id == newcomer_id) continue;
    // What is open is taken care of, even if its reader has just ended.
    if (!generation->identity || open_generation(generation->id) != nullptr) continue;
    // Whatever is younger than the newcomer is a copy of what that had before it was truncated.
    const auto next = std::next(generation);
    const std::int64_t until =
        next != unfinished.end() && next->id != newcomer_id ? begin_of(*next, *generation) : 0;
    FollowedFile* const file = find_generation(index, path, *generation);
    if (file != nullptr && was_empty(*generation)) {
      auto files = find_between(index, path, {*generation, until, newcomer, file});
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
      add(files);
    } else if (file != nullptr) {
      missed.push_back(file);
    } else if (index.complete(path)) {
      // What is settled ends with a line.
      const ReadMark settled{generation->offset, generation->offset > 0 ? "\n" : ""};
      add(find_gone(index, path, {*generation, until, newcomer}, {settled}));
    }
  }
  if (!last->identity || last->id == newcomer_id) return missed;
  // What was truncated finds out itself what came since.
  const FollowedFile* const open = open_generation(last->id);
  if (open == nullptr || is_whole(*open)) {
    add(find_between(index, path, {*last, 0, newcomer}));
  }
  return missed;
}

// When the generation of this path began that comes after this one; 0 if there is none.
std::int64_t FileFollower::begin_of_next(const Positions::Generation& generation) const {
  std::int64_t begin = 0;
  for (const Positions::Generation& other : positions_.all_at(generation.path)) {
    if (other.id == generation.id || other.since < generation.since) continue;
    const std::int64_t begins = begin_of(other, generation);
    if (begins != 0 && (begin == 0 || begins < begin)) begin = begins;
  }
  return begin;
}

// The content of gap.last is not in its file any more: a copy of it, and what came and went since.
std::vector<FollowedFile*> FileFollower::find_gone(FolderIndex& index, const std::string& path,
                                                   const Gap& gap,
                                                   const std::vector<ReadMark>& read) {
  const Positions::Generation& original = gap.last;
  FollowedFile* const copy = find_copy(index, path, original, read);
  if (copy == nullptr) positions_.forget(original.id);
  auto gone = find_between(index, path, gap);
  if (copy != nullptr) {
    gone.insert(gone.begin(), copy);
    return gone;
  }
  // A copy of little is not known for one, and is among those. What was empty goes on in the same file.
  const std::uint32_t known = original.identity->fingerprint_bytes;
  const bool goes_on = gap.present != nullptr && is_same_inode(gap.present->identity, *original.identity);
  if (known < kTellingBytes && (!gone.empty() || (known == 0 && goes_on))) return gone;
  const auto least = std::min_element(
      read.begin(), read.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  lose(path, least->offset, original.size, "gone before it was read to its end");
  return gone;
}

FollowedFile* FileFollower::find_generation(FolderIndex& index, const std::string& path,
                                            const Positions::Generation& generation) {
  for (const std::string& candidate : index.find(path, generation.identity->inode)) {
    auto file = try_open(candidate);
    if (!file || files_.contains(file->key())) continue;
    if (!goes_on(*file, generation)) continue;
    file->generation = generation.id;
    file->start_offset = std::min(generation.offset, file->size);
    file->missed_at = path;
    positions_.identify(generation.id, file->identity);
    return &follow(std::move(file));
  }
  return nullptr;
}

FollowedFile* FileFollower::open_generation(GenerationId generation) const {
  for (const auto& [key, file] : files_) {
    if (file->generation == generation) return file.get();
  }
  return nullptr;
}

// Whether the file is what `generation` was, and goes on from where it was left. One that is shorter was
// cut, and its beginning is the same; unless it is a copy that was read beyond.
bool FileFollower::goes_on(const FollowedFile& file, const Positions::Generation& generation) {
  return is_same_file(file.handle->get(), file.facts(), *generation.identity) &&
         (generation.offset <= file.size || generation.size == file.size);
}

// Nobody knows what came and went in it since.
bool FileFollower::was_empty(const Positions::Generation& generation) {
  return generation.offset == 0 && generation.identity->fingerprint_bytes == 0;
}

bool FileFollower::is_known(const FollowedFile& file) const {
  if (files_.contains(file.key())) return true;
  for (const Positions::Generation& known : positions_.with_inode(file.identity.inode)) {
    if (is_same_file(file.handle->get(), file.facts(), *known.identity)) return true;
  }
  return false;
}

// The files around `path` that are called like rotated ones of it.
std::vector<std::string> FileFollower::rotated_around(FolderIndex& index, const std::string& path) {
  std::vector<std::string> paths;
  for (const std::string& folder : FolderIndex::folders_around(path)) {
    const std::string original = name_in(folder, path);
    for (const std::string& name : index.folder(folder).names) {
      if (is_rotated_name(original, name)) paths.push_back(join_path(folder, name));
    }
  }
  return paths;
}

std::vector<FileFollower::Candidate> FileFollower::candidates_between(FolderIndex& index,
                                                                       const std::string& path,
                                                                       const Gap& gap) {
  std::vector<Candidate> found;
  const auto& [last, until, present, truncated] = gap;
  const auto now = positions_.find(last.id);
  const bool copied = now && now->identity && !is_same_inode(*now->identity, *last.identity);
  const FollowedFile* const original = now && !copied ? open_generation(last.id) : nullptr;
  for (const std::string& candidate : rotated_around(index, path)) {
    auto file = try_open(candidate);
    if (!file) continue;
    if (truncated == nullptr || file->key() != truncated->key()) {
      if (is_known(*file) || !is_between(*file, last, copied ? &*now : nullptr, until)) continue;
      if (original != nullptr && file->size >= kTellingBytes && holds_the_same(*file, *original)) {
        continue;
      }
      if (present != nullptr && may_be_in_the_making(*file, *present)) continue;
    }
    found.push_back({std::move(file), candidate});
  }
  return found;
}

std::vector<FollowedFile*> FileFollower::find_between(FolderIndex& index, const std::string& path,
                                                      const Gap& gap) {
  std::vector<Candidate> found = candidates_between(index, path, gap);
  // Times may be equal, since they go in ticks of some milliseconds; then .2 is older than .1.
  std::sort(found.begin(), found.end(), [&gap](const Candidate& a, const Candidate& b) {
    const auto age = [&gap](const Candidate& candidate) {
      const FollowedFile& file = *candidate.file;
      const bool is_last = is_same_inode(file.identity, *gap.last.identity);
      const std::int64_t born =
          is_last && file.identity.born != 0 ? file.modified : file.identity.born;
      return std::pair(born, file.modified);
    };
    const auto number = [](const Candidate& candidate) {
      return std::pair(candidate.path.size(), std::string_view(candidate.path));
    };
    return age(a) != age(b) ? age(a) < age(b) : number(a) > number(b);
  });
  std::vector<FollowedFile*> followed;
  for (auto& [file, found_path] : found) {
    if (gap.truncated != nullptr && file->key() == gap.truncated->key()) {
      followed.push_back(gap.truncated);
      continue;
    }
    if (files_.contains(file->key())) continue;  // two names of one file
    FileFacts facts = file->facts();
    const bool is_last = is_same_inode(facts.identity, *gap.last.identity);
    if (facts.identity.born != 0 && !is_last) facts.modified = facts.identity.born;
    file->generation = positions_.add(path, facts, 0);
    file->missed_at = path;
    followed.push_back(&follow(std::move(file)));
  }
  return followed;
}

void FileFollower::start_retired(Tail& tail, FollowedFile& file) {
  FileReader& reader = start(tail, file, tail.last);
  tail.last = reader.source;
  retire(file, reader);
}

}  // namespace lokitail::agent
