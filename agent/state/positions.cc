#include "agent/state/positions.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "agent/state/durable_file.h"
#include "agent/state/folder_index.h"
#include "agent/state/path.h"
#include "agent/state/positions_file.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

constexpr std::chrono::seconds kCleanUpPeriod{60};
// How much is appended to the log of identities before it is written anew.
constexpr std::size_t kLogGrowth = std::size_t{1} << 20;

bool is_path(std::string_view key) { return key.starts_with('/'); }

void erase_value(std::unordered_multimap<std::uint64_t, GenerationId>& map, std::uint64_t key,
                 GenerationId id) {
  const auto [begin, end] = map.equal_range(key);
  for (auto it = begin; it != end; ++it) {
    if (it->second == id) {
      map.erase(it);
      return;
    }
  }
}

}  // namespace

Positions::Positions(std::string file_name, Mode mode)
    : file_name_(std::move(file_name)),
      log_name_(file_name_.empty() ? std::string() : file_name_ + ".identities"),
      writes_(!file_name_.empty() && mode == Mode::kReadWrite),
      written_digest_(digest("")),
      next_clean_up_(std::chrono::steady_clock::now() + kCleanUpPeriod) {
  state_.digests = {written_digest_};
}

Positions::~Positions() { close_log(); }

// ---- Loading --------------------------------------------------------------------------------------

void Positions::load() {
  if (file_name_.empty()) return;
  std::string text;
  bool missing = false;
  if (const std::string problem = read_whole_file(file_name_, text, missing); !problem.empty()) {
    throw std::runtime_error("positions: " + problem);
  }
  std::string damage;
  const auto entries = parse_positions(text, damage);
  std::string log;
  bool log_missing = false;
  if (const std::string problem = read_whole_file(log_name_, log, log_missing); !problem.empty()) {
    log::warn("cannot read the identities of files; going by their paths", {{"error", problem}});
  }
  Replay replay = replay_log(log);
  if (replay.damaged > 0) {
    log::warn("parts of the identities of files were damaged",
              {{"file", log_name_}, {"lines", replay.damaged}});
  }
  written_digest_ = digest(text);
  const auto& known = replay.state.digests;
  // Promtail may have run since: then its offsets are the truth, and ours are stale.
  const bool current = std::find(known.begin(), known.end(), written_digest_) != known.end();
  if (!entries) {
    written_digest_ = digest("");
    if (replay.usable) {
      // Written before the file is gone: a log that knows of no other text counts as stale without it.
      replay.state.digests = {written_digest_};
      adopt(std::move(replay.state));
      if (writes_) static_cast<void>(start_log());
    }
    set_aside(damage);
    return;
  }
  if (!replay.usable || !current) {
    take_over(*entries);
    return;
  }
  adopt(std::move(replay.state));
  if (!writes_) return;
  log_ = ::open(log_name_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  {
    const Lock lock(mutex_);
    has_log_ = log_ >= 0;
  }
  log_first_bytes_ = log.size();
  if (log_ >= 0 && replay.torn) static_cast<void>(append_log("\n"));
}

// Keeps the damaged file for people to look at.
void Positions::set_aside(const std::string& problem) {
  if (!writes_) {
    log::error("the positions file is damaged", {{"file", file_name_}, {"problem", problem}});
    return;
  }
  const std::string aside = fmt::format("{}.corrupt-{}", file_name_, std::time(nullptr));
  const bool renamed = std::rename(file_name_.c_str(), aside.c_str()) == 0;
  log::error("the positions file is damaged and was set aside; lines may be sent again",
             {{"file", file_name_}, {"problem", problem}, {"renamed_to", renamed ? aside : "-"}});
}

void Positions::adopt(PositionsState state) {
  const Lock lock(mutex_);
  state_ = std::move(state);
  if (state_.digests.empty()) state_.digests = {written_digest_};
  for (const auto& [path, place] : state_.places) {
    const auto found = state_.files.find(place.id);
    if (place.present && found != state_.files.end() && was_moved_locked(found->first, found->second, path)) {
      found->second.path = path;
    }
  }
  for (auto& [id, file] : state_.files) {
    if (const auto place = state_.places.find(file.path); place != state_.places.end())
      file.path = place->first;
    const auto known = by_path_.try_emplace(file.path).first;
    file.path = known->first;
    known->second.push_back(id);
    if (file.identity) by_inode_.emplace(file.identity->inode, id);
    next_id_ = std::max(next_id_, id + 1);
  }
}

void Positions::take_over(const PositionEntries& entries) {
  PositionsState state;
  GenerationId id = 1;
  for (const auto& [key, value] : entries) {
    const auto offset = parse_offset(value);
    if (!is_path(key)) {
      state.values[key] = value;
    } else if (offset) {
      KnownFile file;
      file.path = key;
      file.offset = *offset;
      state.files[id] = std::move(file);
      state.places[key] = {id++, true};
    } else {
      log::warn("a position is no number; the file is read from its beginning",
                {{"path", key}, {"position", value}});
    }
  }
  state.digests = {written_digest_};
  adopt(std::move(state));
}

// ---- Files ----------------------------------------------------------------------------------------

Positions::Generation Positions::generation_locked(GenerationId id, const KnownFile& file) const {
  Generation generation;
  static_cast<KnownFile&>(generation) = file;
  generation.id = id;
  const auto live = live_.find(id);
  generation.followed = live != live_.end() && !live->second.readers.empty();
  return generation;
}

std::optional<Positions::Generation> Positions::last_at(const std::string& path) const {
  const Lock lock(mutex_);
  const auto place = state_.places.find(path);
  GenerationId id = place != state_.places.end() ? place->second.id : 0;
  if (const auto ids = by_path_.find(path); id == 0 && ids != by_path_.end() && !ids->second.empty()) {
    id = ids->second.back();
  }
  const auto file = state_.files.find(id);
  if (file == state_.files.end()) return std::nullopt;
  return generation_locked(id, file->second);
}

std::optional<Positions::Generation> Positions::find(GenerationId id) const {
  const Lock lock(mutex_);
  const auto file = state_.files.find(id);
  if (file == state_.files.end()) return std::nullopt;
  return generation_locked(id, file->second);
}

std::vector<Positions::Generation> Positions::with_inode(std::uint64_t inode) const {
  const Lock lock(mutex_);
  std::vector<Generation> found;
  const auto [begin, end] = by_inode_.equal_range(inode);
  for (auto it = begin; it != end; ++it) {
    found.push_back(generation_locked(it->second, state_.files.at(it->second)));
  }
  return found;
}

std::vector<Positions::Generation> Positions::unfinished() const {
  const Lock lock(mutex_);
  std::vector<Generation> found;
  for (const auto& [id, file] : state_.files) {
    if (file.finished) continue;
    Generation generation = generation_locked(id, file);
    if (!generation.followed) found.push_back(std::move(generation));
  }
  return found;
}

std::vector<Positions::Generation> Positions::unfinished_at(const std::string& path) const {
  std::vector<Generation> found = all_at(path);
  std::erase_if(found,
                [](const Generation& generation) { return generation.finished || generation.followed; });
  return found;
}

std::vector<Positions::Generation> Positions::all_at(const std::string& path) const {
  const Lock lock(mutex_);
  std::vector<Generation> found;
  const auto ids = by_path_.find(path);
  if (ids == by_path_.end()) return found;
  for (const GenerationId id : ids->second) found.push_back(generation_locked(id, state_.files.at(id)));
  return found;
}

SharedPath Positions::shared_path(const std::string& path) const {
  const Lock lock(mutex_);
  if (const auto known = by_path_.find(path); known != by_path_.end()) return known->first;
  return path;
}

GenerationId Positions::add(const SharedPath& path, const FileFacts& facts, std::uint64_t offset) {
  Lock lock(mutex_);
  const GenerationId id = next_id_++;
  KnownFile file;
  file.path = path;
  file.identity = facts.identity;
  file.offset = offset;
  file.size = facts.size;
  file.modified = facts.modified;
  by_path_[path].push_back(id);
  by_inode_.emplace(facts.identity.inode, id);
  log_file(changes_, id, state_.files.emplace(id, std::move(file)).first->second);
  changed_locked(std::move(lock));
  return id;
}

void Positions::identify(GenerationId id, const FileIdentity& identity) {
  Lock lock(mutex_);
  const auto found = state_.files.find(id);
  if (found == state_.files.end() || found->second.identity == identity) return;
  KnownFile& file = found->second;
  if (file.identity) erase_value(by_inode_, file.identity->inode, id);
  by_inode_.emplace(identity.inode, id);
  file.identity = identity;
  log_file(changes_, id, file);
  changed_locked(std::move(lock));
}

// Not worth a line in the log of its own: it goes there with the next one of this file.
void Positions::seen(GenerationId id, std::uint64_t size, std::int64_t modified) {
  const Lock lock(mutex_);
  const auto found = state_.files.find(id);
  if (found == state_.files.end()) return;
  found->second.size = size;
  found->second.modified = modified;
}

void Positions::forget(GenerationId id) { forget_all({id}); }

// Together, since all places are gone through for it.
void Positions::forget_all(const std::unordered_set<GenerationId>& gone) {
  Lock lock(mutex_);
  std::erase_if(state_.places, [&gone](const auto& place) { return gone.contains(place.second.id); });
  for (const GenerationId id : gone) {
    second_names_.erase(id);
    const auto found = state_.files.find(id);
    if (found == state_.files.end()) continue;
    const auto ids = by_path_.find(found->second.path);
    ids->second.erase(std::ranges::find(ids->second, id));
    if (ids->second.empty()) by_path_.erase(ids);
    if (found->second.identity) erase_value(by_inode_, found->second.identity->inode, id);
    state_.files.erase(found);
    live_.erase(id);
    log_forgotten(changes_, id);
  }
  changed_locked(std::move(lock));
}

void Positions::place(const SharedPath& path, GenerationId id) {
  Lock lock(mutex_);
  KnownPlace& place = state_.places[path];
  if (place.id == id && place.present) return;
  place = {id, true};
  log_place(changes_, path, place);
  follow_move_locked(path, id);
  changed_locked(std::move(lock));
}

// Whether what is at `path` is in another folder than it was: that is where it has to be looked for from now on. Within
// its folder it is found by either name, and keeps the one that its lines have. A file may have two names.
bool Positions::was_moved_locked(GenerationId id, const KnownFile& file, const SharedPath& path) const {
  if (folder_of(file.path.text()) == folder_of(path.text())) return false;
  const auto before = state_.places.find(file.path);
  return before == state_.places.end() || before->second.id != id || !before->second.present;
}

void Positions::follow_move_locked(const SharedPath& path, GenerationId id) {
  const auto found = state_.files.find(id);
  if (found == state_.files.end()) return;
  KnownFile& file = found->second;
  if (!was_moved_locked(id, file, path)) {
    if (folder_of(file.path.text()) != folder_of(path.text())) second_names_[id] = path;
    return;
  }
  const auto ids_before = by_path_.find(file.path);
  ids_before->second.erase(std::ranges::find(ids_before->second, id));
  if (ids_before->second.empty()) by_path_.erase(ids_before);
  file.path = path;
  auto& ids = by_path_[path];
  ids.insert(std::ranges::upper_bound(ids, id), id);  // the oldest first
  log_file(changes_, id, file);
}

void Positions::clear_place(const std::string& path) {
  Lock lock(mutex_);
  const auto place = state_.places.find(path);
  if (place == state_.places.end() || !place->second.present) return;
  place->second.present = false;
  log_place(changes_, path, place->second);
  const GenerationId id = place->second.id;
  if (const auto other = second_names_.find(id); other != second_names_.end()) {
    const SharedPath name = other->second;
    const auto there = state_.places.find(name);
    second_names_.erase(other);
    if (there != state_.places.end() && there->second.id == id && there->second.present) {
      follow_move_locked(name, id);
    }
  }
  changed_locked(std::move(lock));
}

// ---- Readers --------------------------------------------------------------------------------------

Positions::Reader Positions::start_reading(GenerationId id, std::uint64_t offset) {
  Lock lock(mutex_);
  const Reader reader = next_reader_++;
  const auto found = state_.files.find(id);
  if (found == state_.files.end()) return reader;
  live_[id].readers.push_back({reader, offset});
  if (found->second.finished) {
    found->second.finished = false;
    log_file(changes_, id, found->second);
  }
  refresh_offset_locked(id);
  changed_locked(std::move(lock));
  return reader;
}

void Positions::settled(GenerationId id, Reader reader, std::uint64_t offset) {
  Lock lock(mutex_);
  const auto live = live_.find(id);
  if (live == live_.end()) return;
  for (Reading& reading : live->second.readers) {
    if (reading.reader == reader) reading.offset = offset;
  }
  refresh_offset_locked(id);
  changed_locked(std::move(lock));
}

void Positions::stop_reading(GenerationId id, Reader reader, bool finished) {
  Lock lock(mutex_);
  const auto live = live_.find(id);
  const auto found = state_.files.find(id);
  if (live == live_.end() || found == state_.files.end()) return;
  auto& readers = live->second.readers;
  const auto is_it = [reader](const Reading& reading) { return reading.reader == reader; };
  readers.erase(std::remove_if(readers.begin(), readers.end(), is_it), readers.end());
  if (!readers.empty()) {
    refresh_offset_locked(id);
  } else {
    if (finished) found->second.finished = true;
    live_.erase(live);  // a mark in dirty_ is harmless
    log_file(changes_, id, found->second);
  }
  changed_locked(std::move(lock));
}

void Positions::refresh_offset_locked(GenerationId id) {
  Live& live = live_.at(id);
  KnownFile& file = state_.files.at(id);
  const auto least = std::min_element(live.readers.begin(), live.readers.end(),
                                      [](const Reading& a, const Reading& b) { return a.offset < b.offset; });
  if (least == live.readers.end() || least->offset == file.offset) return;
  file.offset = least->offset;
  if (!std::exchange(live.dirty, true)) dirty_.push_back(id);
}

// ---- Other keys -----------------------------------------------------------------------------------

std::optional<std::string> Positions::value(const std::string& key) const {
  const Lock lock(mutex_);
  const auto found = state_.values.find(key);
  return found == state_.values.end() ? std::nullopt : std::optional(found->second);
}

void Positions::set_value(const std::string& key, std::string value) {
  Lock lock(mutex_);
  log_value(changes_, key, value);
  state_.values[key] = std::move(value);
  changed_locked(std::move(lock));
}

void Positions::remove_value(const std::string& key) {
  Lock lock(mutex_);
  if (state_.values.erase(key) == 0) return;
  log_no_value(changes_, key);
  changed_locked(std::move(lock));
}

// ---- Writing --------------------------------------------------------------------------------------

void Positions::changed_locked(Lock lock) {
  const bool announce = changed_ && !announced_ && (!changes_.empty() || !dirty_.empty());
  if (!has_log_) changes_.clear();
  if (!announce) return;
  announced_ = true;
  lock.unlock();
  changed_();
}

std::string Positions::take_changes_locked() {
  text_is_old_ = text_is_old_ || !changes_.empty() || !dirty_.empty();
  std::string changes = std::exchange(changes_, {});
  for (const GenerationId id : std::exchange(dirty_, {})) {
    const auto live = live_.find(id);
    if (live != live_.end()) live->second.dirty = false;
    if (const auto file = state_.files.find(id); file != state_.files.end()) {
      log_offset(changes, id, file->second.offset);
    }
  }
  return changes;
}

std::string Positions::positions_text_locked() const {
  PositionEntries entries(state_.values.begin(), state_.values.end());
  for (const auto& [path, place] : state_.places) {
    const auto file = state_.files.find(place.id);
    if (place.present && file != state_.files.end()) {
      entries[path] = std::to_string(file->second.offset);
    }
  }
  return format_positions(entries);
}

void Positions::close_log() {
  if (log_ >= 0) ::close(std::exchange(log_, -1));
  const Lock lock(mutex_);
  has_log_ = false;
}

// The log anew, with the whole state and nothing else.
std::string Positions::start_log() {
  close_log();
  Lock lock(mutex_);
  static_cast<void>(take_changes_locked());
  const std::string log = format_log(state_);
  has_log_ = true;
  lock.unlock();
  std::string problem = replace_file(log_name_, log);
  if (problem.empty()) {
    log_ = ::open(log_name_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log_ < 0) problem = "cannot open " + log_name_ + ": " + std::strerror(errno);
  }
  log_fails_ = !problem.empty();
  if (log_fails_) close_log();
  log_bytes_ = 0;
  log_first_bytes_ = log.size();
  log_unsynced_ = false;
  return problem;
}

// Where the log cannot be appended to, the next write() starts it anew: nothing is missed.
std::string Positions::append_log(std::string_view changes) {
  if (changes.empty()) return {};
  log_bytes_ += changes.size();
  log_unsynced_ = true;
  std::string problem = write_all(log_, changes);
  if (problem.empty()) return {};
  close_log();
  log_fails_ = true;
  return "cannot append to " + log_name_ + ": " + problem;
}

void Positions::flush() {
  Lock lock(mutex_);
  announced_ = false;
  if (!writes_) {
    static_cast<void>(take_changes_locked());
    return;
  }
  if (log_ < 0) {
    lock.unlock();
    // What goes wrong is told by write(), once per period rather than many times a second.
    if (!log_fails_) static_cast<void>(start_log());
    return;
  }
  const std::string changes = take_changes_locked();
  lock.unlock();
  static_cast<void>(append_log(changes));
}

std::string Positions::write() {
  if (!writes_) return {};
  if (const auto now = std::chrono::steady_clock::now(); now >= next_clean_up_) {
    next_clean_up_ = now + kCleanUpPeriod;
    clean_up();
  }
  Lock lock(mutex_);
  announced_ = false;
  const bool start = log_ < 0 || log_bytes_ > log_first_bytes_ + kLogGrowth;
  // To make the text of ten thousand files takes some time, and most periods bring none.
  if (!start && has_log_ && !text_is_old_ && changes_.empty() && dirty_.empty()) {
    lock.unlock();
    return sync_log();
  }
  const std::string text = positions_text_locked();
  const std::uint64_t new_digest = digest(text);
  const bool changed = new_digest != written_digest_;
  if (changed) {
    state_.digests = {written_digest_, new_digest};
    log_digests(changes_, state_.digests);
  }
  const std::string changes = start ? std::string() : take_changes_locked();
  text_is_old_ = start;  // what changes until the log is written anew is not noted
  lock.unlock();

  std::string problem = start ? start_log() : append_log(changes);
  if (problem.empty()) problem = sync_log();
  if (changed) {
    std::string failed = write_positions(text);
    if (!failed.empty()) return failed;
  }
  return problem;
}

std::string Positions::sync_log() {
  if (!std::exchange(log_unsynced_, false) || ::fdatasync(log_) == 0) return {};
  std::string problem = "cannot sync " + log_name_ + ": " + std::strerror(errno);
  // The kernel forgets what it could not write, and another sync would say that all is well.
  close_log();
  log_fails_ = true;
  return problem;
}

// The log names the text before and the text after: whichever is on disk after a power cut, it is ours.
std::string Positions::write_positions(const std::string& text) {
  if (std::string problem = replace_file(file_name_, text); !problem.empty()) {
    const Lock lock(mutex_);
    text_is_old_ = true;
    return problem;
  }
  written_digest_ = digest(text);
  Lock lock(mutex_);
  state_.digests = {written_digest_};
  log_digests(changes_, state_.digests);
  const std::string changes = log_ < 0 ? std::string() : take_changes_locked();
  lock.unlock();
  if (log_ >= 0) static_cast<void>(append_log(changes));
  return {};
}

// ---- Cleaning up ----------------------------------------------------------------------------------

void Positions::clean_up() {
  std::vector<Generation> idle;
  {
    const Lock lock(mutex_);
    for (const auto& [id, file] : state_.files) {
      Generation generation = generation_locked(id, file);
      if (!generation.followed) idle.push_back(std::move(generation));
    }
  }
  FolderIndex index;
  std::unordered_set<GenerationId> gone;
  for (const Generation& generation : idle) {
    const auto facts = stat_path(generation.path.c_str());
    const bool nothing_there = !facts && (errno == ENOENT || errno == ENOTDIR);
    if (!facts && !nothing_there) continue;  // who knows
    bool exists = facts.has_value();
    if (generation.identity && !(facts && facts->identity.inode == generation.identity->inode)) {
      exists = !index.complete(generation.path) ||
               !index.find(generation.path, generation.identity->inode).empty();
    }
    if (!exists) gone.insert(generation.id);
  }
  if (!gone.empty()) forget_all(gone);
}

}  // namespace lokitail::agent
