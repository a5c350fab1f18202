// The readers of FileFollower: how they start, retire and end.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string>
#include <utility>

#include "agent/source/file/file_follower.h"
#include "agent/state/path.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

constexpr std::chrono::milliseconds kRetry{500};  // after a disk has failed

// As far as its size tells, when that was last seen.
bool is_read_to_end(const FollowedFile& file, const FileSource& source) {
  const bool is_told_by_size = !file.packed && !source.is_unpacked();
  return is_told_by_size && source.read_offset() >= file.size;
}

}  // namespace

// A file that was renamed keeps the name under which its lines are known.
SharedPath FileFollower::filename_for(const Tail& tail, const FollowedFile& file) const {
  const auto generation = positions_.find(file.generation);
  if (!generation || generation->path == tail.path || !tail.target->covers(generation->path)) {
    return tail.path;
  }
  return file.is_at(generation->path) ? tail.path : generation->path;
}

// `predecessor` comes first; `replaced` read what the file held before. Both may be null.
FileReader& FileFollower::start(Tail& tail, FollowedFile& file, const SourcePointer& predecessor,
                                const SourcePointer& replaced) {
  const FileTarget& target = tail.target->target;
  FileSource::Spec spec;
  spec.file = file.handle;
  spec.identity = file.identity;
  const Beginning beginning = take_beginning(file, tail.labels);
  spec.offset = beginning.offset;
  spec.generation = file.generation;
  spec.filename = filename_for(tail, file);
  spec.target = std::shared_ptr<const FileTarget>(tail.target, &target);
  spec.generations = tail.generations;
  spec.max_line_bytes = config_.max_line_bytes;
  spec.compression = file.packed ? file.packed : target.compression;
  spec.counts_lines = !file.packed && target.compression;
  if (target.compression) spec.not_before = FollowClock::now() + target.initial_delay;
  spec.replaced = replaced;
  if (predecessor && !predecessor->released()) {
    spec.predecessor = predecessor;
    spec.predecessor_end = predecessor->request_end();
  }
  log::info("tailing file", {{"path", tail.path.text()}, {"offset", spec.offset}});
  Worker*& worker = tail.generations->worker;
  if (worker == nullptr) worker = target.worker;
  // What was read before of the same file may still lie in a batch of its worker.
  if (worker == nullptr) worker = beginning.worker;
  if (worker == nullptr) worker = &choose_worker_(target);
  const auto source = std::make_shared<FileSource>(std::move(spec), positions_, source_told_);
  worker->add(source);
  if (target.initial_delay > target.initial_delay.zero()) wake_later(source, target.initial_delay);
  FileReader reader;
  reader.labels = tail.labels;
  reader.path = tail.path;
  reader.source = source;
  file.readers.push_back(std::move(reader));
  some_changed_ = true;  // for this reader
  return file.readers.back();
}

// Where these labels were left when their target was removed; or where others were, in whose place they come;
// or where the file was left as a whole.
FileFollower::Beginning FileFollower::take_beginning(const FollowedFile& file,
                                                     const LabelSetPointer& labels) {
  auto left = left_.find({file.generation, labels});
  if (left == left_.end()) {
    for (auto each = left_.lower_bound({file.generation, nullptr});
         each != left_.end() && each->first.first == file.generation; ++each) {
      if (left == left_.end() || each->second.offset > left->second.offset) left = each;
    }
  }
  if (left == left_.end()) return {file.start_offset, nullptr};
  const Beginning beginning = left->second;
  left_.erase(left);
  return beginning;
}

void FileFollower::wake_later(const SourcePointer& source, std::chrono::nanoseconds delay) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(control_, delay);
  timer->async_wait([timer, weak = std::weak_ptr(source)](const boost::system::error_code& cancelled) {
    if (const SourcePointer waiting = weak.lock(); waiting && !cancelled) waiting->wake();
  });
}

// ---- Retirement -----------------------------------------------------------------------------------

void FileFollower::retire(FollowedFile& file, FileReader& reader) {
  reader.retired_since = FollowClock::now();
  reader.last_end = reader.source->request_end();
  if (const auto facts = stat_file(file.handle->get())) {
    saw(file, *facts);
    positions_.seen(file.generation, file.size, file.modified);
  }
  limit_retired();
  schedule_retirement();
}

void FileFollower::schedule_retirement() {
  if (std::exchange(retirement_scheduled_, true)) return;
  retirement_.expires_after(std::max(config_.grace / 8, std::chrono::milliseconds(10)));
  retirement_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired()) return;
    retirement_scheduled_ = false;
    check_retired();
  });
}

void FileFollower::check_retired() {
  const auto now = FollowClock::now();
  bool any = false;
  for (const auto& [key, file] : files_) {
    const auto is_retired = [](const FileReader& reader) { return reader.places == 0; };
    if (std::none_of(file->readers.begin(), file->readers.end(), is_retired)) continue;
    any = true;
    const auto facts = stat_file(file->handle->get());
    if (facts && saw(*file, *facts)) wake(*file);
    for (const FileReader& reader : file->readers) {
      if (reader.places > 0 || reader.source->finishing()) continue;
      const auto quiet_since = std::max(file->last_growth, reader.retired_since);
      if (now - quiet_since >= config_.grace && reader.source->reached_end(reader.last_end)) {
        reader.source->finish();
      }
    }
  }
  if (any) schedule_retirement();
}

void FileFollower::limit_retired() {
  if (files_.size() <= config_.most_retired) return;
  std::size_t retired = 0;
  const FollowedFile* oldest_file = nullptr;
  const FileReader* oldest = nullptr;
  const FileReader* oldest_read = nullptr;
  for (const auto& [key, file] : files_) {
    for (const FileReader& reader : file->readers) {
      if (reader.places > 0 || reader.source->finishing() || reader.source->ended()) continue;
      if (reader.source->abandoned()) return;  // until its worker has let go of it no other is given up
      ++retired;
      const auto is_older = [&reader](const FileReader* than) {
        return than == nullptr || reader.retired_since < than->retired_since;
      };
      if (is_older(oldest_read) && is_read_to_end(*file, *reader.source)) oldest_read = &reader;
      if (!is_older(oldest)) continue;
      oldest_file = file.get();
      oldest = &reader;
    }
  }
  if (retired <= config_.most_retired) return;
  // Of what is read nothing is lost: it is just not waited for any more.
  if (oldest_read != nullptr) return oldest_read->source->finish();
  lose(oldest->source->filename(), oldest->source->read_offset(), oldest_file->size,
       "too many rotated files wait to be read");
  positions_.forget(oldest->source->generation());
  oldest->source->abandon();
}

std::vector<SourcePointer> FileFollower::finish() {
  std::vector<SourcePointer> sources;
  for (const auto& [key, file] : files_) {
    for (const FileReader& reader : file->readers) {
      reader.source->finish();
      sources.push_back(reader.source);
    }
  }
  return sources;
}

// Those of files that nobody finds again once they are closed: deleted, or moved out of the folder.
std::vector<SourcePointer> FileFollower::finish_lost() {
  std::vector<SourcePointer> sources;
  for (const auto& [key, file] : files_) {
    for (const FileReader& reader : file->readers) {
      if (reader.places > 0 || reader.source->finishing() || can_be_found_again(*file)) continue;
      reader.source->finish();
      sources.push_back(reader.source);
    }
  }
  return sources;
}

// Whether it still has a name where the next start looks for it.
bool FileFollower::can_be_found_again(const FollowedFile& file) const {
  const auto generation = positions_.find(file.generation);
  std::array<char, PATH_MAX> text{};
  const std::string link = "/proc/self/fd/" + std::to_string(file.handle->get());
  const ssize_t size = ::readlink(link.c_str(), text.data(), text.size());
  const auto facts = stat_file(file.handle->get());
  if (!generation || size <= 0 || !facts) return true;  // nobody knows
  if (facts->deleted) return false;
  const std::string folder = folder_of({text.data(), static_cast<std::size_t>(size)});
  const auto searched = FolderIndex::folders_around(generation->path);
  return std::ranges::find(searched, folder) != searched.end();
}

// ---- Ends -----------------------------------------------------------------------------------------

FollowedFile* FileFollower::file_of(const FileSource& source) {
  const auto reads = [&source](const FileReader& reader) { return reader.source.get() == &source; };
  const auto likely = files_.find({source.device(), source.inode()});
  if (likely != files_.end() && std::ranges::any_of(likely->second->readers, reads)) {
    return likely->second.get();
  }
  for (const auto& [key, file] : files_) {
    if (std::ranges::any_of(file->readers, reads)) return file.get();
  }
  return nullptr;
}

void FileFollower::source_event(const SourcePointer& source, FileSource::Event event) {
  using Event = FileSource::Event;
  switch (event) {
    case Event::kSettled:
      ending_.erase(source.get());
      return;
    case Event::kReplaced:
      restart_later(source, std::chrono::milliseconds(0), 0);
      return;
    case Event::kTrouble:
      if (troubled_.insert(source->filename()).second) {
        ++counters_.failed;
        log::error("reading failed; trying again", {{"path", source->filename()}});
      }
      wake_later(source, kRetry);
      return;
    case Event::kDamaged:
      ++counters_.failed;
      log::error("a compressed file is damaged, or in another format; what could be read of it is sent",
                 {{"path", source->filename()}});
      return;
    case Event::kFailed:
      ++counters_.failed;
      log::error("reading fails for good; trying with the file that is there now",
                 {{"path", source->filename()}});
      source_ended(source);
      return;
    case Event::kEnded:
      source_ended(source);
      return;
  }
}

// After a while, and again for as long as the disk does not say what there is.
void FileFollower::restart_later(const SourcePointer& source, std::chrono::milliseconds delay, int tries) {
  constexpr int kMostTries = 120;
  const auto timer = std::make_shared<boost::asio::steady_timer>(control_, delay);
  timer->async_wait([this, timer, source, tries,
                     alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (cancelled || alive.expired()) return;
    FollowedFile* const file = file_of(*source);
    if (file == nullptr || restart(*file, tries == kMostTries)) return;
    restart_later(source, kRetry, tries + 1);
  });
}

void FileFollower::source_ended(const SourcePointer& source) {
  ending_.emplace(source.get(), source);
  if (FollowedFile* const file = file_of(*source)) {
    const auto reader =
        std::find_if(file->readers.begin(), file->readers.end(),
                     [&source](const FileReader& candidate) { return candidate.source == source; });
    if (source->leaving()) {
      left_[{source->generation(), reader->labels}] = {source->read_offset(), source->worker()};
    }
    for (Tail* const tail : std::vector(file->tails.begin(), file->tails.end())) {
      if (tail->labels != reader->labels) continue;
      tail->leave();
      file->tails.erase(std::ranges::find(file->tails, tail));
    }
    file->readers.erase(reader);
    if (file->readers.empty()) close_file(*file);
  }
  look_at_postponed(*source);
}

}  // namespace lokitail::agent
