// From paths to generations of files: opens what is seen at a path, follows it wherever it is renamed
// to, and puts the generations of a path in order.
//
// Three things are kept apart:
//   - a FollowedFile is one file on disk that is open. Each has one position
//   - a Tail is one path with one set of labels; it has a current file, or none at the moment
//   - a FileReader reads one file with one set of labels. While some tail has it as its current one it
//     is *placed*; after that it is *retired*: read to its end, followed for a grace time in which
//     somebody may still write, then finished
//
// So a file that is renamed from a path to another that the pattern also matches just changes its
// place, and is not read again. A file that a path led to while nobody looked is found beside it, by
// its identity or by its age, and is read before what came later.
//
// Threads: the control thread only; events of sources are posted there.
// Ownership: everything given by reference outlives the follower.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/file/followed_file.h"
#include "agent/source/file/rotated_files.h"
#include "agent/state/folder_index.h"

namespace lokitail::agent {

struct FollowerConfig {
  // How long a file that was rotated away is followed after its last growth.
  std::chrono::milliseconds grace{5000};
  // More retired files than this are not kept open: one that is read is closed before its grace is over; where there is
  // none the oldest is given up, and counted.
  std::size_t most_retired = 1000;
  std::size_t max_line_bytes = FileSource::kMostLineBytes;
  bool use_inotify = true;
};

// What happened to files so far.
struct FileCounters {
  std::uint64_t rotated = 0;  // a path led to another file, or to none
  std::uint64_t truncated = 0;
  std::uint64_t failed = 0;      // could not be opened or read
  std::uint64_t lost_bytes = 0;  // gone before they were read, as far as that is known
};

struct FileStatus {
  std::string path;  // the label `filename`
  std::string job;
  std::map<std::string, std::string> labels;
  std::uint64_t read_offset = 0;
  std::uint64_t settled_offset = 0;
  std::uint64_t size = 0;
  std::uint64_t lines = 0;  // of all generations of this path
  std::uint64_t cut_lines = 0;
  std::int64_t last_read = 0;   // nanoseconds since 1970
  double lines_per_second = 0;  // at present
  double bytes_per_second = 0;
  bool retired = false;      // rotated away or deleted
  bool is_stuck = false;     // has more, and nothing of it was settled for long
  bool is_unpacked = false;  // offsets are those of what is in the file, and say nothing of its size
};

class FileFollower {
 public:
  using ChooseWorker = std::function<Worker&(const FileTarget&)>;
  // Told of each path that is followed, so that links on the way to it are watched.
  using PathFollowed = std::function<void(const std::string& path)>;

  FileFollower(boost::asio::io_context& control, FollowerConfig config, Positions& positions,
               Inotify& inotify, Poller& poller, ChooseWorker choose_worker);
  ~FileFollower();
  FileFollower(const FileFollower&) = delete;
  FileFollower& operator=(const FileFollower&) = delete;

  void on_path_followed(PathFollowed told) { path_followed_ = std::move(told); }

  // Something may be at this path, which matches the target; or not any more.
  // `inode`: of what is there, where that is known; otherwise 0.
  void look(const TargetPointer& target, const std::string& path, std::uint64_t inode = 0);
  // The same for a path that is followed already; nothing for others.
  void look_again(const std::string& path);
  // For all paths that look() was not asked about since the last time, which it returns. What could not be read, and
  // was not tried since, is not told of any more: nobody asks for it, or it is gone.
  std::vector<std::string> look_at_rest();
  // Files that were not read to their end when the agent stopped, and whose path leads nowhere now.
  void resume_absent(const std::vector<TargetPointer>& targets);
  // Reads no more for these targets than what their files hold now, save where one of the `rest` asks for the
  // same. Positions are kept.
  void drop(const std::set<TargetPointer>& targets, const std::vector<TargetPointer>& rest);
  // The net below inotify: wakes whatever has changed, and forgets paths that are long gone.
  void check_all();
  // The same for some of them, and the next time for the next: for part_of() their number.
  void check_some();
  // What is looked at in one of many calls that come as often whatever there is: all of a few hundred, and of more so
  // many that the thirtieth call has come to all.
  static constexpr std::size_t part_of(std::size_t all) { return std::max<std::size_t>(300, all / 30 + 1); }
  void stop();
  // Everything that is open is read to its end, as if nobody would write to it any more.
  std::vector<SourcePointer> finish();
  // So are files that the next start would not find.
  std::vector<SourcePointer> finish_lost();

  bool reads_anything() const { return !files_.empty(); }
  std::size_t open_files() const { return files_.size(); }
  bool has_unreadable() const { return !unreadable_.empty(); }
  // Paths that could not be opened, with what the system said.
  const std::map<std::string, std::string>& unreadable() const { return unreadable_; }
  std::vector<FileStatus> status() const;
  const FileCounters& counters() const { return counters_; }
  const FileTotals& totals() const { return *totals_; }
  // Looks which files have more of which nothing was settled for `patience`: told of each that is so or is so no more,
  // with its size, once (file_follower_stuck.cc).
  using StuckHandler = std::function<void(const FileSource&, std::uint64_t size, bool is_stuck)>;
  void look_for_stuck(std::chrono::nanoseconds patience, const StuckHandler& told);
  std::size_t stuck() const { return stuck_; }

 private:
  bool is_stuck(const FileSource& source) const;

  // Tails.
  LabelSetPointer shared_labels(const LabelSet& labels);
  Tail* find_tail(const std::string& path, const LabelSetPointer& labels);
  Tail& add_tail(const TargetPointer& target, const std::string& path);
  bool enter(Tail& tail, FollowedFile& file);
  void leave(Tail& tail);
  void let_go(Tail& tail);
  void postpone(const FileSource& until_ended, const TargetPointer& target, const std::string& path);
  void look_at_postponed(const FileSource& ended);
  bool waits_for_leaving(const TargetPointer& target, const std::string& path, FileKey key);
  SourcePointer rotated_before(const std::string& path) const;
  void forget_label_sets();
  void forget_old_tails();
  void erase_tails(const std::function<bool(Tail&)>& unwanted);

  // Files (file_follower_files.cc).
  FollowedFile* open_file(const TargetPointer& target, const std::string& path);
  std::unique_ptr<FollowedFile> try_open(const std::string& path);
  FollowedFile& follow(std::unique_ptr<FollowedFile> file);
  void resume(FollowedFile& file, const TargetPointer& target, const std::string& path);
  void close_file(FollowedFile& file);
  void watch(FollowedFile& file);
  bool poll(FileKey key);
  bool is_polled_filesystem(const FollowedFile& file);
  void file_event(FollowedFile& file, std::uint32_t mask);
  void identify_better(FollowedFile& file, const FileFacts& facts);
  void check(FollowedFile& file);
  // Takes note of how large the file is now. Returns whether it has changed.
  bool saw(FollowedFile& file, const FileFacts& facts);
  void wake(FollowedFile& file);
  void look_at_places(FollowedFile& file);
  bool restart(FollowedFile& file, bool is_last_try);
  void restart_readers(const FileReaders& readers, FollowedFile& file, std::vector<FollowedFile*> before,
                       bool is_readable);
  void restart_reader(const FileReader& old, FollowedFile& file, const std::vector<FollowedFile*>& before);

  // Readers (file_follower_readers.cc).
  void wake_later(const SourcePointer& source, std::chrono::nanoseconds delay);
  FileReader& start(Tail& tail, FollowedFile& file, const SourcePointer& predecessor,
                    const SourcePointer& replaced = nullptr);
  SharedPath filename_for(const Tail& tail, const FollowedFile& file) const;
  void retire(FollowedFile& file, FileReader& reader);
  void schedule_retirement();
  void check_retired();
  bool can_be_found_again(const FollowedFile& file) const;
  void limit_retired();
  void restart_later(const SourcePointer& source, std::chrono::milliseconds delay, int tries);
  void source_event(const SourcePointer& source, FileSource::Event event);
  void source_ended(const SourcePointer& source);
  FollowedFile* file_of(const FileSource& source);
  // Where a reader begins, and which worker reads for it; nullptr: any.
  struct Beginning {
    std::uint64_t offset = 0;
    Worker* worker = nullptr;
  };
  Beginning take_beginning(const FollowedFile& file, const LabelSetPointer& labels);

  // Generations that nobody looked at in time (file_follower_missed.cc).
  bool start_missed(Tail& tail, const FollowedFile* newcomer);
  std::vector<FollowedFile*> found_before(const std::string& path);
  std::vector<FollowedFile*> find_missed(const std::string& path, const FollowedFile* newcomer, bool waits);
  std::vector<FollowedFile*> find_left(const Tail& tail, const FollowedFile* newcomer);
  FollowedFile* open_generation(GenerationId generation) const;
  std::vector<FollowedFile*> find_history(const std::string& path, const FollowedFile* newcomer);
  bool is_same(const FollowedFile& file, const FileIdentity& identity);
  std::vector<RotatedFile> rotated_files(const std::string& path);
  std::vector<RotatedFile> list_rotated(const std::string& path, bool& vanished);
  std::unique_ptr<FollowedFile> try_open_rotated(const std::string& original, const std::string& path);
  FollowedFile* find_generation(std::vector<RotatedFile>& rotated, const std::string& path,
                                const Positions::Generation& generation);
  FollowedFile& take_up(std::unique_ptr<FollowedFile> file, const std::string& path,
                        const Positions::Generation& generation);
  bool counts_lines(const std::string& path) const;
  std::vector<FollowedFile*> follow_between(std::vector<RotatedFile>& rotated, const std::string& path,
                                            const Positions::Generation& last, const FollowedFile* newcomer);
  std::vector<RotatedFile>::iterator place_of_last(std::vector<RotatedFile>& rotated,
                                                   const Positions::Generation& last,
                                                   const FollowedFile* newcomer) const;
  static std::vector<RotatedFile>::iterator place_of_newcomer(std::vector<RotatedFile>& rotated,
                                                              const FollowedFile& newcomer);
  bool is_known(const FollowedFile& file);
  bool is_known_packed(const FollowedFile& file, const std::string& path) const;
  void start_retired(Tail& tail, FollowedFile& file);
  void lose(const std::string& path, std::uint64_t from, std::uint64_t to, const char* why);

  // Copies that are made before a log is truncated (file_follower_copies.cc).
  std::string original_of(const std::string& path) const;
  bool waits_as_copy(const TargetPointer& target, const std::string& path);
  bool may_be_copy(const FollowedFile& candidate, const std::string& original);
  void schedule_deferral();
  RotatedFile* find_copy(std::vector<RotatedFile>& rotated, const std::string& path,
                         const Positions::Generation& original, std::string_view mark);
  static bool is_copy_of(const FollowedFile& candidate, const Positions::Generation& original,
                         std::string_view mark);

  boost::asio::io_context& control_;
  const FollowerConfig config_;
  Positions& positions_;
  Inotify& inotify_;
  Poller& poller_;
  const ChooseWorker choose_worker_;
  PathFollowed path_followed_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for handlers on their way
  const FollowedFile::Event file_told_;
  const FileSource::Events source_told_;
  boost::asio::steady_timer retirement_;
  bool retirement_scheduled_ = false;
  bool watch_limit_told_ = false;
  std::map<std::uint64_t, bool> polled_devices_;
  FolderIndex index_;                              // of folders where logs are rotated; until look_at_rest()
  std::map<std::string, std::string> unreadable_;  // told already
  std::set<std::string> still_unreadable_;         // of them, since look_at_rest()
  std::set<std::string> troubled_;                 // the same, of files that are open
  // An open or a read has failed since this was set to false, and may succeed another time: nothing is to be
  // taken for gone.
  bool disk_failed_ = false;
  bool some_lead_nowhere_ = false;  // tails, or may; since forget_old_tails() looked
  bool some_changed_ = false;       // files; since look_for_stuck() looked

  // Compared by what they hold, so that it is enough to compare addresses afterwards.
  struct LessByContent {
    using is_transparent = void;
    bool operator()(const LabelSetPointer& a, const LabelSetPointer& b) const { return *a < *b; }
    bool operator()(const LabelSetPointer& a, const LabelSet& b) const { return *a < b; }
    bool operator()(const LabelSet& a, const LabelSetPointer& b) const { return a < *b; }
  };
  std::set<LabelSetPointer, LessByContent> label_sets_;
  std::map<SharedPath, boost::container::small_vector<std::unique_ptr<Tail>, 1>, std::less<>> tails_;
  std::map<FileKey, std::unique_ptr<FollowedFile>> files_;
  // Ended, but not all is settled.
  std::unordered_map<FileSource*, SourcePointer> ending_;
  // To be looked at again when that source has ended.
  std::multimap<const FileSource*, std::pair<TargetPointer, std::string>> postponed_;
  // Where readers were whose targets were removed. Positions know one offset of a file, whoever reads it.
  std::map<std::pair<GenerationId, LabelSetPointer>, Beginning> left_;
  // Sources of targets that were removed, until they have ended: of the file that the path led to then, and of one that
  // had been rotated away.
  using SourcesByPath = std::multimap<SharedPath, SourcePointer, std::less<>>;
  SourcesByPath leaving_;
  SourcesByPath rotated_;
  // Files that are not followed, since they may be copies.
  struct Deferred {
    using Key = std::pair<std::string, const WatchedTarget*>;
    TargetPointer target;
    FollowClock::time_point since;
  };
  std::map<Deferred::Key, Deferred> deferred_;
  boost::asio::steady_timer deferral_;
  bool deferral_scheduled_ = false;
  FileKey checked_;  // last
  std::uint64_t last_missed_ = 0;
  std::uint64_t look_ = 1;  // number of the present round of looks
  FileCounters counters_;
  const std::shared_ptr<FileTotals> totals_ = std::make_shared<FileTotals>();
  // Of the files that have more.
  struct Progress {
    std::uint64_t settled = 0;
    FollowClock::time_point since;  // it has not changed
    bool is_stuck = false;
  };
  std::map<const FileSource*, Progress> behind_;
  std::size_t stuck_ = 0;
};

}  // namespace lokitail::agent
