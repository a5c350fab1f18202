// Copies that are made of a log before it is truncated (logrotate's copytruncate).
//
// The copy holds what was read, and what was still to be read. It takes over the generation of its
// original: reading goes on there, before what came into the original afterwards, and whatever name the
// copy has, nothing is sent again. It is recognized by its name, its first bytes, and those in front of
// the place up to which the original was read.
//
// Between the copying and the truncating the copy is there and the original still whole. A file that is
// called like a rotated one, and holds the same as its original does, is left alone until one of the
// two changes.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/rotated_name.h"
#include "agent/state/path.h"

namespace lokitail::agent {
namespace {

// With fewer equal bytes in front than this a file does not begin like another.
constexpr std::uint32_t kTellingBytes = 16;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// How often, and for how long, a file that may be a copy is looked at again; after that the usual scans
// have to do. One that stays empty is none.
constexpr std::chrono::milliseconds kDeferral{100};
constexpr std::chrono::seconds kLongestDeferral{10};
constexpr std::chrono::seconds kLongestEmpty{1};

}  // namespace

// The path that this one would be a rotated name of, if one of those that are followed or known.
std::string FileFollower::original_of(const std::string& path) const {
  const std::size_t name = path.rfind('/') + 1;
  for (std::size_t end = path.find_last_of(".-_"); end != path.npos && end > name;
       end = path.find_last_of(".-_", end - 1)) {
    std::string original = path.substr(0, end);
    if (!is_rotated_name(name_of(original), name_of(path))) continue;
    if (tails_.contains(original) || positions_.last_at(original)) return original;
  }
  return {};
}

// Whether a file that nobody knows should wait, since it may be a copy. What is known of its original is
// brought up to date first.
bool FileFollower::waits_as_copy(const TargetPointer& target, const std::string& path) {
  const std::string original = original_of(path);
  if (original.empty()) return false;
  if (!tails_.contains(original) && target->covers(original)) look(target, original);
  const auto candidate = try_open_rotated(original, path);
  // What a log was compressed to is read with the log, if at all, unless somebody asks for compressed files.
  if (candidate && candidate->packed) return !target->target.compression;
  const bool waits = candidate && !files_.contains(candidate->key()) && may_be_copy(*candidate, original);
  const Deferred::Key key(path, target.get());
  if (!waits) {
    deferred_.erase(key);
    return false;
  }
  const auto now = FollowClock::now();
  const Deferred& deferred = deferred_.try_emplace(key, Deferred{target, now}).first->second;
  if (candidate->size == 0 && now - deferred.since > kLongestEmpty) return false;
  if (now - deferred.since < kLongestDeferral) schedule_deferral();
  return true;
}

// Whether it is the copy of a file that is open, and was found at this path.
bool FileFollower::may_be_copy(const FollowedFile& candidate, const std::string& original) {
  for (const auto& [key, file] : files_) {
    const auto is_of_path = [&](const FileReader& reader) { return reader.path == original; };
    if (std::ranges::none_of(file->readers, is_of_path)) continue;
    if (holds_the_same(candidate, *file)) return true;
    // Perhaps it was truncated, which is not known yet: that is found out now.
    const auto known = positions_.find(file->generation);
    const auto facts = stat_file(file->handle->get());
    if (!known || !known->identity || !facts || known->identity->fingerprint_bytes < kTellingBytes) continue;
    if (begins_like(candidate.handle->get(), candidate.facts(), *known->identity) &&
        !begins_like(file->handle->get(), *facts, *known->identity)) {
      wake(*file);
      return true;
    }
  }
  return false;
}

void FileFollower::schedule_deferral() {
  if (std::exchange(deferral_scheduled_, true)) return;
  deferral_.expires_after(kDeferral);
  deferral_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired()) return;
    deferral_scheduled_ = false;
    for (const auto& [key, deferred] : std::map(deferred_)) look(deferred.target, key.first);
  });
}

// The copy of what `original` was before it was truncated, or what it was compressed to. `mark`: what
// stood in front of its offset, as far as that is known. Of several the oldest: what was made of later
// contents may begin alike, too.
RotatedFile* FileFollower::find_copy(std::vector<RotatedFile>& rotated, const std::string& path,
                                     const Positions::Generation& original, std::string_view mark) {
  if (counts_lines(path)) return nullptr;
  for (RotatedFile& candidate : rotated) {
    if (!candidate.file || candidate.known) continue;
    errno = 0;
    if (is_copy_of(*candidate.file, original, mark)) return &candidate;
    disk_failed_ = disk_failed_ || may_succeed_later(errno);
  }
  return nullptr;
}

bool FileFollower::is_copy_of(const FollowedFile& candidate, const Positions::Generation& original,
                              std::string_view mark) {
  const FileIdentity& identity = *original.identity;
  if (candidate.identity.inode == identity.inode) return false;
  if (!candidate.packed && candidate.size < original.offset) return false;
  if (identity.fingerprint_bytes + mark.size() < kTellingBytes) return false;
  if (!candidate.content_begins_like(identity)) return false;
  // What was read ends with a line.
  const std::string_view expected = mark.empty() ? std::string_view("\n") : mark;
  return original.offset == 0 || candidate.holds(expected, original.offset - expected.size());
}

}  // namespace lokitail::agent
