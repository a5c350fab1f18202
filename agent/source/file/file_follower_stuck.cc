// FileFollower: which files have more and do not get on.

#include "agent/source/file/file_follower.h"

namespace lokitail::agent {
namespace {

// A line that has no end yet is not behind: whoever writes it is to go on.
bool is_behind(const FollowedFile& file, const FileSource& source) {
  if (file.packed.has_value() || source.is_unpacked()) return false;  // offsets say nothing of the size
  const std::uint64_t settled = source.settled_offset();
  const bool has_unfinished_line_only = source.read_offset() == settled && file.size <= source.looked_up_to();
  return settled < file.size && !has_unfinished_line_only;
}

}  // namespace

void FileFollower::look_for_stuck(std::chrono::nanoseconds patience, const StuckHandler& told) {
  // What was not behind then has to grow first.
  if (behind_.empty() && !some_changed_) return;
  some_changed_ = false;
  const auto now = FollowClock::now();
  std::map<const FileSource*, Progress> behind;
  stuck_ = 0;
  for (const auto& [key, file] : files_) {
    for (const FileReader& reader : file->readers) {
      const FileSource& source = *reader.source;
      const auto known = behind_.find(&source);
      if (!is_behind(*file, source)) {
        if (known != behind_.end() && known->second.is_stuck) told(source, file->size, false);
        continue;
      }
      Progress progress{source.settled_offset(), now, false};
      if (known != behind_.end() && known->second.settled == progress.settled) progress = known->second;
      const bool was_stuck = known != behind_.end() && known->second.is_stuck;
      progress.is_stuck = now - progress.since >= patience;
      if (progress.is_stuck) ++stuck_;
      if (progress.is_stuck != was_stuck) told(source, file->size, progress.is_stuck);
      behind.emplace(&source, progress);
    }
  }
  behind_ = std::move(behind);
}

bool FileFollower::is_stuck(const FileSource& source) const {
  const auto known = behind_.find(&source);
  return known != behind_.end() && known->second.is_stuck;
}

}  // namespace lokitail::agent
