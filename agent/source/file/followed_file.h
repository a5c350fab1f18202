// The parts that FileFollower (file_follower.h) keeps its order with. Control thread only.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "agent/source/decompressor.h"
#include "agent/source/file/file_handle.h"
#include "agent/source/file/file_source.h"
#include "agent/source/file/file_target.h"
#include "agent/source/file/inotify.h"
#include "agent/source/file/poller.h"
#include "agent/state/positions.h"
#include "agent/state/shared_path.h"

namespace lokitail::agent {

using FollowClock = std::chrono::steady_clock;
using LabelSetPointer = std::shared_ptr<const LabelSet>;  // equal sets are one
using SourcePointer = std::shared_ptr<FileSource>;
using TargetPointer = std::shared_ptr<const WatchedTarget>;

struct FileKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileKey&) const = default;
};

// One file, read with one set of labels.
struct FileReader {
  LabelSetPointer labels;
  SharedPath path;  // of the tail for which it was started
  SourcePointer source;
  unsigned places = 0;  // how many tails have it as their current one
  FollowClock::time_point retired_since;
  std::uint64_t last_end = 0;  // the end to be reached, once retired
};

using FileReaders = boost::container::small_vector<FileReader, 1>;

struct Tail;

// One file on disk that is open.
struct FollowedFile final : InotifyListener {
  using Event = std::function<void(FollowedFile&, std::uint32_t mask)>;

  explicit FollowedFile(const Event& told) : on_event(told) {}
  void inotify_event(std::uint32_t mask, std::string_view) override { on_event(*this, mask); }

  FileReader* reader(const LabelSetPointer& labels) {
    for (FileReader& candidate : readers) {
      if (candidate.labels == labels) return &candidate;
    }
    return nullptr;
  }
  // One whose target was removed; nullptr if there is none.
  const FileReader* leaving_reader() const {
    for (const FileReader& candidate : readers) {
      if (candidate.source->leaving()) return &candidate;
    }
    return nullptr;
  }
  FileKey key() const { return {identity.device, identity.inode}; }
  // Whether this path leads to it.
  bool is_at(const std::string& path) const;

  // Takes note of how large the file is now. Returns whether it has changed.
  bool saw(const FileFacts& facts) {
    const bool changed = facts.size != size || facts.modified != modified;
    if (facts.size != size) last_growth = FollowClock::now();
    if (facts.size < size) size_before_cut = size;
    size = facts.size;
    modified = facts.modified;
    return changed;
  }

  // As last seen.
  FileFacts facts() const {
    FileFacts facts;
    facts.identity = identity;
    facts.size = size;
    facts.modified = modified;
    return facts;
  }

  // By its content. False with errno where that cannot be read.
  [[nodiscard]] bool look_whether_packed();
  // What it holds, unpacked.
  bool holds(std::string_view bytes, std::uint64_t offset) const;
  bool content_begins_like(const FileIdentity& known) const;
  // In bytes. Unpacks all of it, if it is packed.
  std::uint64_t content_size() const;

  std::shared_ptr<const FileHandle> handle;
  // A rotated file that was compressed: its offsets are those of the text in it.
  std::optional<Compression> packed;
  FileIdentity identity;  // when it was opened, or truncated
  GenerationId generation = 0;
  std::uint64_t start_offset = 0;
  SharedPath missed_at;            // the path whose missed generation this is, if it is one
  std::uint64_t missed_order = 0;  // ascending among those
  Inotify::Watch watch = Inotify::kNoWatch;
  Poller::Ticket polled = 0;
  std::uint64_t size = 0;             // as last seen
  std::int64_t modified = 0;          // as last seen
  std::int64_t first_modified = 0;    // when it was opened, or truncated
  std::uint64_t size_before_cut = 0;  // where it was seen to shrink
  FollowClock::time_point last_growth = FollowClock::now();
  FileReaders readers;
  boost::container::small_vector<Tail*, 2> tails;  // those whose current file this is
  const Event& on_event;                           // the follower's
};

// Whether an open or a read that failed with this error may go well another time.
bool may_succeed_later(int error);

// Whether `copy` holds what `original` begins with, as far as its first and its last bytes tell.
bool holds_the_same(const FollowedFile& copy, const FollowedFile& original);

// One path with one set of labels.
struct Tail {
  explicit Tail(std::shared_ptr<FileTotals> totals)
      : generations(std::make_shared<Generations>(std::move(totals))) {}

  void enter(FollowedFile& entered) {
    file = &entered;
    generations->appeared();
  }
  void leave() {
    file = nullptr;
    empty_since = FollowClock::now();
    generations->vanished();
  }

  TargetPointer target;
  SharedPath path;
  LabelSetPointer labels;
  std::shared_ptr<Generations> generations;
  FollowedFile* file = nullptr;  // current
  SourcePointer last;            // the latest source of this path: the predecessor of the next one
  FollowClock::time_point empty_since;
  std::uint64_t looked_at = 0;                           // in that round
  std::optional<FollowClock::time_point> blocked_since;  // by a disk that fails
};

}  // namespace lokitail::agent
