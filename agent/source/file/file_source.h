// Reads one generation of a log file: one file on disk, from an offset to wherever it ends, with one
// set of labels.
//
// When a log is rotated, the new file is another source, whose predecessor is this one: it does not
// begin before this one has been read to its end. So the lines of a path keep their order, however
// often it is rotated while the worker has to wait.
//
// What can happen to a file while it is read, and how it is noticed:
//   - it grows: whoever discovered it wakes the source
//   - it is renamed or deleted: the descriptor stays; the discoverer asks for its end (request_end())
//     and, when nobody has written to it for a while, has the source finish(): then its last line is
//     sent even if it has no newline
//   - it is truncated, perhaps written again beyond the old offset: the last bytes read are read again
//     with each block and must be the same; now and then the head of the file is compared too. The
//     source ends with kReplaced, and the discoverer starts another one for the new content
//
// Threads: take_turn() and attach() on the worker's; what is marked so on any.
// Errors:  a file that cannot be read is tried again for a minute; then the source ends with kFailed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/source/block.h"
#include "agent/source/file/file_handle.h"
#include "agent/source/file/file_target.h"
#include "agent/source/file/generations.h"
#include "agent/source/file/line_decoder.h"
#include "agent/source/file/line_encoding.h"
#include "agent/source/file/unpacked_file.h"
#include "agent/source/source.h"
#include "agent/state/file_identity.h"
#include "agent/state/positions.h"
#include "agent/state/shared_path.h"
#include "pipeline/labels.h"
#include "pipeline/pipeline.h"

namespace lokitail::agent {

class FileSource final : public Source, private BlockLedger::Owner {
 public:
  enum class Event {
    kReplaced,  // the content is another than what was read: start anew. Nothing more is read
    kTrouble,   // reading failed and is tried again: to be woken in a while
    kFailed,    // reading fails for long, or for good. Nothing more is read
    kDamaged,   // what is compressed cannot be unpacked any further
    kEnded,     // nothing more is read, as was asked for
    kSettled,   // ended, and all that was read is settled: the worker has let go of it
  };
  // Called on the worker's thread. Shared by all sources of a follower.
  using Events = std::shared_ptr<const std::function<void(FileSource&, Event)>>;

  static constexpr std::size_t kBlockBytes = 256 * 1024;
  static constexpr std::size_t kMostLineBytes = 4 * 1024 * 1024;

  struct Spec {
    std::shared_ptr<const FileHandle> file;
    FileIdentity identity;
    std::uint64_t offset = 0;
    GenerationId generation = 0;
    std::shared_ptr<const FileTarget> target;  // its job, labels and more
    SharedPath filename;                       // the label of this name
    std::shared_ptr<Generations> generations;
    // Read first, to the end that was asked for with request_end(). May be null.
    std::shared_ptr<FileSource> predecessor;
    std::uint64_t predecessor_end = 0;
    // The one that found the content replaced which this one reads now. Whoever waits for its end waits
    // for this one's. May be null.
    std::shared_ptr<FileSource> replaced;
    std::size_t max_line_bytes = kMostLineBytes;  // what is longer is cut there
    // The file is read unpacked. Its offsets are those of the text in it, unless they are numbers of lines,
    // as in Promtail.
    std::optional<Compression> compression;
    bool counts_lines = false;
    std::chrono::steady_clock::time_point not_before{};  // whoever sets it wakes the source then
  };

  // `positions` outlives the source. Control thread; then Worker::add().
  FileSource(Spec spec, Positions& positions, Events events);
  ~FileSource() override;

  void attach(Worker& worker) override;
  pipeline::Pipeline* pipeline() override { return pipeline_; }
  Turn take_turn(Worker& worker) override;
  bool may_bring_lines() const override { return !ended_.load() && !abandoned_.load(); }
  bool may_move() const override;
  bool is_settled() const override { return ledger_.all_settled() && cut_line_.get() == nullptr; }
  void detach() override { generations_->leave(*this); }
  Worker& destination(Worker& from, Worker& to) override;

  // Whether it has to look at the file before it can say that all is read. The worker's thread.
  bool has_unread() const { return !ended() && (is_queued() || !idle_ || predecessor_ != nullptr); }

  // --- Any thread. ---

  // From now on, reading to the end of the file is reached when reached_end() says so of this number.
  std::uint64_t request_end();
  bool reached_end(std::uint64_t request) const { return ends_reached_.load() >= request; }
  // Nobody writes to the file any more: read what is there, send the last line as it is, and end.
  void finish();
  // Nobody wants its lines any more: read on up to `end`, or to the end of the file if that comes first, and
  // end there. An unfinished line is left for whoever goes on from here.
  void leave(std::uint64_t end);
  bool leaving() const { return leave_asked_.load(); }
  bool finishing() const { return finish_asked_.load() || leave_asked_.load(); }
  // End without reading on.
  void abandon();
  bool abandoned() const { return abandoned_.load(); }
  // Nothing more is read.
  bool ended() const { return ended_.load(); }
  // All that was read is settled, too: kSettled is told, or about to be.
  bool has_left() const { return left_.load(); }
  // Lets those go on who wait for its end. Where its content was replaced nobody else does.
  void release() { announce_end(kNoMore); }
  bool released() const { return reached_end(kNoMore); }

  GenerationId generation() const { return generation_; }
  const std::string& filename() const { return filename_; }
  const std::string& job() const { return target_->job; }
  // The control thread.
  Worker* worker() const { return generations_->worker; }
  // Of the file.
  std::uint64_t device() const { return device_; }
  std::uint64_t inode() const { return inode_; }
  LabelSet labels() const;
  // Whether its offsets are those of what was unpacked, or numbers of lines.
  bool is_unpacked() const { return counts_lines_ || target_->compression.has_value(); }
  const PathCounters& counters() const { return generations_->counters; }
  std::uint64_t read_offset() const { return read_offset_.load(std::memory_order_relaxed); }
  std::uint64_t settled_offset() const { return settled_offset_.load(std::memory_order_relaxed); }
  // Where the file ended when that was last reached; what lies between the read offset and there is a line without
  // an end.
  std::uint64_t looked_up_to() const { return looked_up_to_.load(std::memory_order_relaxed); }
  // Why reading fails at present; 0: it does not.
  int trouble() const { return trouble_.load(std::memory_order_relaxed); }
  // What stands in front of the read offset, as far as that is known. REQUIRES: ended.
  std::string_view mark() const { return {witness_.data(), witness_bytes_}; }
  // Of the latest line; nanoseconds since 1970, 0 if there was none yet.
  std::int64_t last_read() const { return last_read_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Found { kMore, kEnd, kReplaced, kFailed };
  struct Block;
  struct Waiter {
    std::uint64_t request;
    std::weak_ptr<FileSource> source;
  };

  static constexpr std::uint64_t kNoMore = std::numeric_limits<std::uint64_t>::max();
  // As many bytes before the offset as are remembered to recognize the file.
  static constexpr std::size_t kWitnessBytes = 64;

  bool predecessor_ended();
  bool wait_for_end(std::uint64_t request, FileSource& waiter);
  void announce_end(std::uint64_t request);

  ssize_t read(char* buffer, std::size_t size, std::uint64_t offset);
  bool begin_encoding();
  Found skip_known_lines(const Block& block);
  void tell_damage();
  std::uint64_t position(std::uint64_t offset) const { return counts_lines_ ? lines_ : offset; }
  const char* first_end(const char* data, std::size_t size, bool is_end) const;
  const char* last_end(const Block& block) const;
  void push(std::string_view line, pipeline::Timestamp now, pipeline::Origin* origin);

  Found check_head();
  Found compare_head() const;
  Found grow_fingerprint();
  Found probe();
  Found read_block(Worker& worker, bool finish);
  Found read_at_offset(Worker& worker, std::size_t wanted, Block& block);
  Found no_newline(Worker& worker, const Block& block, bool finish);
  Found load_witness();
  void keep_witness(const char* end, std::size_t available);
  Found skip_nul_bytes(const Block& block);
  Found skip_rest_of_line(const Block& block);
  void end_skipping();
  std::size_t push_lines(Worker& worker, const char* data, std::size_t size);
  void push_line(Worker& worker, std::string_view line, pipeline::Origin* origin);
  void advance(std::uint64_t offset);

  Turn in_trouble();
  Turn end(Event event, bool finished);
  Turn leave_when_settled();
  void settled(std::uint64_t offset) override;
  bool goes_on() const override { return generations_->goes_on(); }
  void stop_reading();

  // As given.
  const std::shared_ptr<const FileTarget> target_;
  const SharedPath filename_;
  const std::shared_ptr<Generations> generations_;
  const std::uint64_t number_;  // among them
  const GenerationId generation_;
  const std::uint64_t device_;
  const std::uint64_t inode_;
  const std::uint64_t first_offset_;
  const std::uint64_t predecessor_end_;
  const std::size_t max_line_bytes_;
  const std::chrono::steady_clock::time_point not_before_;
  const bool counts_lines_;

  Positions& positions_;
  const Positions::Reader reader_;
  const Events events_;

  // --- The worker's thread. ---
  std::shared_ptr<const FileHandle> file_;
  std::shared_ptr<FileSource> predecessor_;
  std::shared_ptr<FileSource> replaced_;
  FileIdentity identity_;
  std::unique_ptr<UnpackedFile> unpacked_;  // nullptr for a file that is not compressed
  std::unique_ptr<LineEncoding> encoding_;  // nullptr where lines go on as they are
  std::uint64_t lines_ = 0;                 // that were read, or skipped; where they count
  bool damage_told_ = false;
  bool encoding_begun_ = false;
  pipeline::Pipeline* pipeline_ = nullptr;
  std::vector<pipeline::Label> labels_;  // views into what was given
  BlockLedger ledger_;
  std::uint64_t offset_;                // of the first byte that is not consumed
  std::uint64_t pending_ = 0;           // bytes behind it that are known to have no newline
  bool at_start_;                       // no byte but NUL was seen yet
  bool skipping_ = false;               // in a line that was cut
  pipeline::OriginReference cut_line_;  // holds its block until its end is known
  bool finished_ = false;
  bool idle_ = true;                 // the latest turn came to the end of the file, or there was none yet
  bool waits_ = false;               // for its predecessor, which knows
  bool reading_ = true;              // as far as positions know
  Clock::time_point trouble_since_;  // reading has failed ever since; or not
  Clock::time_point head_checked_;   // never yet: the content may have changed since it was identified
  std::array<char, kWitnessBytes> witness_;
  std::size_t witness_bytes_ = 0;

  // --- Any thread. ---
  std::atomic<std::uint64_t> ends_asked_{0};
  std::atomic<std::uint64_t> ends_reached_{0};
  std::atomic<bool> finish_asked_{false};
  std::atomic<bool> leave_asked_{false};
  std::atomic<std::uint64_t> leave_at_{0};  // where that was asked
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> ended_{false};
  std::atomic<bool> left_{false};  // the worker
  std::atomic<std::uint64_t> read_offset_;
  std::atomic<std::uint64_t> settled_offset_;
  std::atomic<std::int64_t> last_read_{0};
  std::atomic<std::uint64_t> looked_up_to_{0};
  std::atomic<int> trouble_{0};  // an errno
  std::mutex waiters_mutex_;
  std::vector<Waiter> waiters_;  // guarded by it
};

}  // namespace lokitail::agent
