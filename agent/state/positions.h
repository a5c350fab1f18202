// What is settled, on disk. Two files: `positions.filename` in Promtail's own format, so that
// Promtail's file is taken over and a rollback works, and beside it `<filename>.identities`
// (identity_log.h), which says which file each offset belongs to.
//
// A *generation* is one file on disk, whatever its name: when a log is rotated, its path leads to
// another generation. A path is a *place*: what is seen there now goes into positions.yaml. Several
// sources may read one generation (two jobs with different labels); the least of their offsets counts.
//
// What is settled goes to the log of identities within milliseconds (flush()) and without a sync, so
// that a kill costs no more than what was in flight; once per sync period all of it is synced
// (write()). No offset on disk is ever ahead of what is settled.
//
// Threads: load(), write() and flush() on one thread. Everything else on any thread: one mutex, taken
// per settled block, never while the disk is waited for.
// Errors:  a damaged file is set aside, loudly, and never stops the agent.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "agent/state/file_identity.h"
#include "agent/state/identity_log.h"

namespace lokitail::agent {

class Positions {
 public:
  // kReadOnly loads what is on disk and changes nothing there.
  enum class Mode { kReadWrite, kReadOnly };

  // An empty file name keeps everything in memory.
  explicit Positions(std::string file_name, Mode mode = Mode::kReadWrite);
  ~Positions();
  Positions(const Positions&) = delete;
  Positions& operator=(const Positions&) = delete;

  // Throws std::runtime_error for a file that is there and cannot be read at all (permissions): going
  // on would send everything again.
  void load();
  // Writes what has changed, and syncs it. Returns what went wrong, for people; empty if nothing did.
  [[nodiscard]] std::string write();
  // Appends what has been settled since the last time, without waiting for the disk.
  void flush();
  // Told when there is something to flush again. Before any other thread uses this object.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  // --- Files. ---

  struct Generation : KnownFile {
    GenerationId id = 0;
    bool followed = false;  // some source reads it
  };
  // What was at this path last, or still is.
  std::optional<Generation> last_at(const std::string& path) const;
  // All with this inode number. Which one it is, the fingerprint has to tell.
  std::vector<Generation> with_inode(std::uint64_t inode) const;
  // Those that nobody follows and that were not read to their end, oldest first.
  std::vector<Generation> unfinished() const;
  std::vector<Generation> unfinished_at(const std::string& path) const;
  // All that were at this path and are remembered.
  std::vector<Generation> all_at(const std::string& path) const;
  std::optional<Generation> find(GenerationId id) const;

  // The path as it is known here already, or a new one: whoever keeps it, keeps no other copy.
  SharedPath shared_path(const std::string& path) const;

  GenerationId add(const SharedPath& path, const FileFacts& facts, std::uint64_t offset);
  // More is known of it, such as a longer fingerprint.
  void identify(GenerationId id, const FileIdentity& identity);
  void seen(GenerationId id, std::uint64_t size, std::int64_t modified);
  // Its content is no more: it was truncated.
  void forget(GenerationId id);
  // It is at this path now. Where that is in another folder than its own path, and it is there no longer, this becomes
  // its own.
  void place(const SharedPath& path, GenerationId id);
  void clear_place(const std::string& path);

  using Reader = std::uint32_t;
  Reader start_reading(GenerationId id, std::uint64_t offset);
  void settled(GenerationId id, Reader reader, std::uint64_t offset);
  // `finished`: it read to the end of a file that nobody will write to any more.
  void stop_reading(GenerationId id, Reader reader, bool finished);

  // --- Keys of other kinds of sources, such as `cursor-...`. ---

  std::optional<std::string> value(const std::string& key) const;
  void set_value(const std::string& key, std::string value);
  void remove_value(const std::string& key);

  // Drops what belongs to files that do not exist any more. write() does so once a minute.
  void clean_up();

 private:
  struct Reading {
    Reader reader;
    std::uint64_t offset;
  };
  // What is known of a generation beyond what is stored.
  struct Live {
    boost::container::small_vector<Reading, 1> readers;
    bool dirty = false;  // its offset is not in the log yet
  };
  using Lock = std::unique_lock<std::mutex>;

  std::string load_positions(std::string& text, bool& missing);
  void adopt(PositionsState state);
  void take_over(const std::map<std::string, std::string>& entries);
  void set_aside(const std::string& problem);

  void forget_all(const std::unordered_set<GenerationId>& gone);
  void changed_locked(Lock lock);
  bool was_moved_locked(GenerationId id, const KnownFile& file, const SharedPath& path) const;
  void follow_move_locked(const SharedPath& path, GenerationId id);
  void refresh_offset_locked(GenerationId id);
  Generation generation_locked(GenerationId id, const KnownFile& file) const;
  std::string take_changes_locked();
  std::string positions_text_locked() const;

  [[nodiscard]] std::string start_log();
  [[nodiscard]] std::string append_log(std::string_view changes);
  [[nodiscard]] std::string write_positions(const std::string& text);
  [[nodiscard]] std::string sync_log();
  void close_log();

  const std::string file_name_;
  const std::string log_name_;
  const bool writes_;
  std::function<void()> changed_;

  // --- Guarded by the mutex. ---
  mutable std::mutex mutex_;
  PositionsState state_;
  std::unordered_map<GenerationId, Live> live_;
  std::map<SharedPath, boost::container::small_vector<GenerationId, 1>, std::less<>> by_path_;
  std::unordered_multimap<std::uint64_t, GenerationId> by_inode_;
  // A further path at which it is: where it is moved its new place may be seen before the old one is missed.
  std::unordered_map<GenerationId, SharedPath> second_names_;
  std::vector<GenerationId> dirty_;
  std::string changes_;      // lines for the log
  bool text_is_old_ = true;  // something has changed since the positions file's text was made
  bool has_log_ = false;     // else all there is goes into a new one, and changes need not be noted
  GenerationId next_id_ = 1;
  Reader next_reader_ = 1;
  bool announced_ = false;  // changed_ was called since the last flush

  // --- The writing thread's. ---
  int log_ = -1;
  std::size_t log_bytes_ = 0;        // since the log was started anew
  std::size_t log_first_bytes_ = 0;  // its size then
  bool log_unsynced_ = false;
  bool log_fails_ = false;
  std::uint64_t written_digest_ = 0;  // of positions.yaml on disk
  std::chrono::steady_clock::time_point next_clean_up_;
};

}  // namespace lokitail::agent
