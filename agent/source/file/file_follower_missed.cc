// Generations of a path that came and went while nobody looked: while the agent was down, or when a
// log is rotated faster than its events are handled.
//
// Whoever rotates a log renames it within its folder. So the file that was read last is looked for
// there by its identity; and files that are called like rotated ones, that we have never seen, and that
// are younger than the last one known, are what lies between that one and the present one. Without
// times of birth (some filesystems have none) the time of the last change has to do. A file that begins
// like one that was read is a copy of it, and is left alone.
#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/rotated_name.h"
#include "agent/state/path.h"

namespace lokitail::agent {
namespace {

// Fewer equal bytes than this do not make a copy.
constexpr std::uint32_t kTellingBytes = 16;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The names that `path` has in the folders around it: its own, and that of the file it links to.
std::string name_in(const std::string& folder, const std::string& path) {
  if (folder == folder_of(path)) return std::string(name_of(path));
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  return real ? std::string(name_of(real.get())) : std::string(name_of(path));
}

bool is_between(const FollowedFile& candidate, const Positions::Generation& last,
                const FollowedFile* newcomer) {
  const std::int64_t born = candidate.identity.born;
  if (born != 0 && last.identity->born != 0) {
    return born >= last.identity->born &&
           (newcomer == nullptr || newcomer->identity.born == 0 || born <= newcomer->identity.born);
  }
  return candidate.modified >= last.modified;
}

bool is_copy(const FollowedFile& candidate, const FileIdentity& original) {
  return original.fingerprint_bytes >= kTellingBytes &&
         begins_like(candidate.handle->get(), candidate.facts(), original);
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
  const auto last = positions_.last_at(path);
  if (!last) return missed;
  FolderIndex index;
  for (const Positions::Generation& generation : positions_.unfinished_at(path)) {
    if (newcomer != nullptr && generation.id == newcomer->generation) continue;
    // What is open is taken care of, even if its reader has just ended.
    if (!generation.identity || is_open(generation.id)) continue;
    if (FollowedFile* const file = find_generation(index, path, generation)) {
      missed.push_back(file);
    } else if (index.complete(path)) {
      if (!counts_lines(path)) {
        lose(path, generation.offset, generation.size, "gone before it was read to its end");
      }
      positions_.forget(generation.id);
    }
  }
  if (last->identity && (newcomer == nullptr || last->id != newcomer->generation)) {
    for (FollowedFile* const file : find_between(index, path, *last, newcomer)) {
      missed.push_back(file);
    }
  }
  return missed;
}

FollowedFile* FileFollower::find_generation(FolderIndex& index, const std::string& path,
                                            const Positions::Generation& generation) {
  for (const std::string& candidate : index.find(path, generation.identity->inode)) {
    auto file = try_open(candidate);
    if (!file || files_.contains(file->key())) continue;
    if (!is_same_file(file->handle->get(), file->facts(), *generation.identity)) continue;
    if (!counts_lines(path) && generation.offset > file->size) continue;
    file->generation = generation.id;
    file->start_offset = generation.offset;
    file->missed_at = path;
    positions_.identify(generation.id, file->identity);
    return &follow(std::move(file));
  }
  return nullptr;
}

// Whether offsets are numbers of lines there, as with compressed files.
bool FileFollower::counts_lines(const std::string& path) const {
  const auto tails = tails_.find(path);
  return tails != tails_.end() &&
         std::any_of(tails->second.begin(), tails->second.end(),
                     [](const auto& tail) { return tail->target->target.compression.has_value(); });
}

bool FileFollower::is_open(GenerationId generation) const {
  return std::any_of(files_.begin(), files_.end(), [generation](const auto& entry) {
    return entry.second->generation == generation;
  });
}

bool FileFollower::is_known(const FollowedFile& file) const {
  if (files_.contains(file.key())) return true;
  for (const Positions::Generation& known : positions_.with_inode(file.identity.inode)) {
    if (is_same_file(file.handle->get(), file.facts(), *known.identity)) return true;
  }
  return false;
}

std::vector<FollowedFile*> FileFollower::find_between(FolderIndex& index, const std::string& path,
                                                      const Positions::Generation& last,
                                                      const FollowedFile* newcomer) {
  struct Candidate {
    std::unique_ptr<FollowedFile> file;
    std::string name;
    int number;
  };
  std::vector<Candidate> found;
  for (const std::string& folder : FolderIndex::folders_around(path)) {
    const std::string original = name_in(folder, path);
    for (const std::string& name : index.folder(folder).names) {
      if (!is_rotated_name(original, name)) continue;
      auto file = try_open((folder == "/" ? "" : folder) + '/' + name);
      if (!file || is_known(*file) || !is_between(*file, last, newcomer) ||
          is_copy(*file, *last.identity)) {
        continue;
      }
      found.push_back({std::move(file), name, rotation_number(original, name)});
    }
  }
  // Times of birth go in ticks of some milliseconds and may be equal, and a file can be written to after
  // it was rotated: so the numbers in the names come before the times of change.
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    const auto age = [](const Candidate& candidate) {
      return std::tuple(candidate.file->identity.born, -candidate.number, candidate.file->modified,
                        std::string_view(candidate.name));
    };
    return age(a) < age(b);
  });
  std::vector<FollowedFile*> followed;
  for (auto& [file, name, number] : found) {
    if (files_.contains(file->key())) continue;  // two names of one file
    file->generation = positions_.add(path, file->facts(), 0);
    file->missed_at = path;
    followed.push_back(&follow(std::move(file)));
  }
  return followed;
}

void FileFollower::start_retired(Tail& tail, FollowedFile& file) {
  FileReader& reader = start(tail, file);
  tail.last = reader.source;
  retire(file, reader);
}

}  // namespace lokitail::agent
