// Copies. Who rotates a log by copying and truncating it (copytruncate) makes two problems: what
// was written after our last read and before the truncation is in the copy alone; and where the
// pattern matches the copy too, all of it is there once more, in a file that we have never seen.
//
// A copy is known by its name, its age, and its first bytes, which are those of the original before
// it was truncated; and by the last bytes that were read, which are at the same place in both. When
// the truncation is noticed, the copy takes the place of the original: it becomes the generation
// that the original was, with what is settled of it, and its rest is read. What was copied later is
// read whole.
//
// Where the pattern matches the copy, it is usually seen before the truncation is, and while it is
// in the making. So an unknown file under a rotated name of a file that is followed is not read
// while that one begins with all it holds, nor while that one is truncated and its reader has not
// noticed yet.
#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/source/file/rotated_name.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

// How often a file that may be a copy is looked at: at first, and when that has not helped.
constexpr std::chrono::milliseconds kDeferral{100};
constexpr std::chrono::milliseconds kLongDeferral{1000};
constexpr unsigned kShortDeferrals = 50;

std::chrono::nanoseconds since_change(const FollowedFile& file) {
  return std::chrono::system_clock::now().time_since_epoch() -
         std::chrono::nanoseconds(file.modified);
}

bool is_settled(const FollowedFile& file, std::uint64_t offset) {
  return std::all_of(file.readers.begin(), file.readers.end(), [offset](const FileReader& reader) {
    return reader.source->settled_offset() >= offset;
  });
}

}  // namespace

// ---- After a truncation ---------------------------------------------------------------------------

bool FileFollower::is_copy(const FollowedFile& candidate, const Positions::Generation& original,
                           const std::vector<ReadMark>& read) {
  const FileIdentity& identity = *original.identity;
  if (identity.fingerprint_bytes < kTellingBytes || candidate.modified < original.since ||
      candidate.identity.inode == identity.inode ||
      !begins_like(candidate.handle->get(), candidate.facts(), identity)) {
    return false;
  }
  return std::all_of(read.begin(), read.end(), [&candidate](const ReadMark& mark) {
    return mark.offset > candidate.size || has_before(candidate, mark.offset, mark.witness);
  });
}

// The copy of what `original` was, which takes its place. Where several files look like it, the
// oldest: what is younger may be what was written since. One that ends before what was read will do
// only where there is no other: it was read beyond between the copying and the truncation.
FollowedFile* FileFollower::find_copy(FolderIndex& index, const std::string& path,
                                      const Positions::Generation& original,
                                      const std::vector<ReadMark>& read) {
  std::uint64_t most = 0;
  for (const ReadMark& mark : read) most = std::max(most, mark.offset);
  const auto rank = [most](const FollowedFile& file) {
    return std::tuple(file.size < most, file.identity.born, file.modified);
  };
  std::unique_ptr<FollowedFile> copy;
  for (const std::string& candidate : rotated_around(index, path)) {
    auto file = try_open(candidate);
    if (!file || is_known(*file) || !is_copy(*file, original, read)) continue;
    if (!copy || rank(*file) < rank(*copy)) copy = std::move(file);
  }
  if (!copy) return nullptr;
  log::info("what was truncated is in a copy", {{"path", path}, {"size", copy->size}});
  copy->generation = original.id;
  copy->start_offset = std::min(original.offset, copy->size);
  copy->missed_at = path;
  positions_.seen(original.id, copy->size, copy->modified);
  positions_.identify(original.id, copy->identity);
  return &follow(std::move(copy));
}

// It is read when its original is truncated, which then has a generation of its own.
bool FileFollower::may_be_in_the_making(const FollowedFile& candidate, const FollowedFile& original) {
  return since_change(candidate) < kShortDeferrals * kDeferral &&
         (candidate.size == 0 ||
          (candidate.size >= kTellingBytes && holds_the_same(candidate, original)));
}

// ---- Before it is noticed -------------------------------------------------------------------------

// Whether the file goes on from where it was left, for all that can be told from here.
bool FileFollower::is_whole(const FollowedFile& file) const {
  const auto now = stat_file(file.handle->get());
  const auto generation = positions_.find(file.generation);
  if (!now || !generation || !generation->identity) return true;
  return begins_like(file.handle->get(), *now, *generation->identity) &&
         std::all_of(file.readers.begin(), file.readers.end(), [&now](const FileReader& reader) {
           return now->size >= reader.source->read_offset();
         });
}

// What happened to the original says what an unknown file is, so that comes first.
void FileFollower::look_at_originals(const TargetPointer& target, const std::string& path) {
  for (const std::string& original : possible_originals(path)) {
    if (tails_.contains(original) || !target->covers(original)) continue;
    look(target, original);
    const auto known = positions_.all_at(original);
    const bool unfinished = std::any_of(known.begin(), known.end(), [](const auto& generation) {
      return !generation.finished && !generation.followed;
    });
    if (unfinished && !tails_.contains(original)) {
      start_missed(add_tail(target, original), nullptr);
    }
  }
}

// Whether an unknown file is not to be read yet.
bool FileFollower::wait_for_copy(const TargetPointer& target, const std::string& path) {
  const LabelSet* const labels = &*label_sets_.insert(target->target.labels).first;
  const auto known = deferred_.find({path, labels});
  const unsigned looks = known == deferred_.end() ? 0 : known->second.looks;
  if (!may_be_copy(path, labels, looks)) {
    if (known != deferred_.end()) deferred_.erase(known);
    return false;
  }
  deferred_[{path, labels}] = {target, looks + 1};
  schedule_deferral();
  return true;
}

bool FileFollower::may_be_copy(const std::string& path, const LabelSet* labels, unsigned looks) {
  std::unique_ptr<FollowedFile> file;
  for (const std::string& original : possible_originals(path)) {
    if (!tails_.contains(original)) continue;
    for (const auto& [key, candidate] : files_) {
      const FileReader* const reader = candidate->reader(labels);
      if (reader == nullptr || reader->path != original) continue;
      if (!file) file = try_open(path);
      if (file && may_be_copy_of(*file, *candidate, looks)) return true;
    }
  }
  return false;
}

// `original` is looked at after the candidate: while that is not complete, the original is whole.
bool FileFollower::may_be_copy_of(const FollowedFile& candidate, FollowedFile& original,
                                  unsigned looks) {
  if (!is_whole(original)) {
    wake(original);
    return true;
  }
  const bool young = since_change(candidate) < config_.copying_time;
  if (candidate.size == 0) return looks < kShortDeferrals || young;
  return holds_the_same(candidate, original) && (young || !is_settled(original, candidate.size));
}

// Where a copy begins to be new, if that is what the file is: its original goes on being read, or
// was read by another set of labels, or by another agent.
std::uint64_t FileFollower::copied_up_to(const FollowedFile& file, const std::string& path) {
  for (const std::string& original : possible_originals(path)) {
    const auto last = positions_.last_at(original);
    if (!last || !last->identity) continue;
    const FollowedFile* const open = open_generation(last->id);
    if (file.size >= kTellingBytes && open != nullptr && holds_the_same(file, *open)) {
      return std::min(last->offset, file.size);
    }
    if (is_copy(file, *last, {})) return std::min(last->offset, file.size);
  }
  return 0;
}

void FileFollower::schedule_deferral() {
  const bool soon = std::any_of(deferred_.begin(), deferred_.end(), [](const auto& entry) {
    return entry.second.looks < kShortDeferrals;
  });
  const auto when = FollowClock::now() + (soon ? kDeferral : kLongDeferral);
  if (std::exchange(deferral_scheduled_, true) && deferral_.expiry() <= when) return;
  deferral_.expires_at(when);
  deferral_.async_wait(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
        if (cancelled || alive.expired()) return;
        deferral_scheduled_ = false;
        check_deferred();
      });
}

void FileFollower::check_deferred() {
  const auto deferred = deferred_;
  for (const auto& [key, before] : deferred) {
    look(before.target, key.first);
    // Gone, or known by now.
    if (const auto now = deferred_.find(key);
        now != deferred_.end() && now->second.looks == before.looks) {
      deferred_.erase(now);
    }
  }
}

}  // namespace lokitail::agent
