#include "agent/source/journal/journal_reader.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>

#include "agent/source/journal/journal_fields.h"

namespace lokitail::agent {
namespace {

// Entries of one and the same time that are looked through for that of the cursor.
constexpr int kMostOfOneTime = 64;
// What an event of inotify(7) takes at least, and how many wait by default before some are dropped.
constexpr std::size_t kLeastEventBytes = 16;
constexpr std::size_t kUsualEvents = 16'384;

std::size_t most_queued_events() {
  std::ifstream file("/proc/sys/fs/inotify/max_queued_events");
  std::size_t events = 0;
  return file >> events ? events : kUsualEvents;
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

bool JournalReader::fail(const char* what, int error) {
  problem_ = std::string(what) + ": " + std::strerror(error < 0 ? -error : error);
  return false;
}

// ---- Opening --------------------------------------------------------------------------------------

bool JournalReader::open(const config::JournalConfig& config) {
  close();
  if (const int error = open_as_configured(config); error < 0) {
    journal_ = nullptr;
    return fail("cannot open the journal", error);
  }
  // By default fields are cut after 64 KiB.
  library_.set_data_threshold(journal_, 0);
  if (const int error = add_matches(config.matches); error < 0) {
    close();
    return fail("cannot match", error);
  }
  // Before anything is read, so that no change falls between.
  fd_ = library_.get_fd(journal_);
  if (fd_ < 0) fail("cannot watch the journal", fd_);
  return true;
}

int JournalReader::open_as_configured(const config::JournalConfig& config) {
  if (!config.path.empty()) return library_.open_directory(&journal_, config.path.c_str(), 0);
  std::string name = config.journal_namespace;
  int flags = JournalLibrary::kLocalOnly;
  if (name.empty()) return library_.open(&journal_, flags);
  if (library_.open_namespace == nullptr) return -EOPNOTSUPP;
  if (name == "*") return library_.open_namespace(&journal_, nullptr, flags | JournalLibrary::kAllNamespaces);
  if (name.starts_with('+')) {
    name.erase(0, 1);
    flags |= JournalLibrary::kIncludeDefaultNamespace;
  }
  return library_.open_namespace(&journal_, name.c_str(), flags);
}

int JournalReader::add_matches(std::string_view matches) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  for (;;) {
    matches.remove_prefix(std::min(matches.find_first_not_of(kBlanks), matches.size()));
    if (matches.empty()) return 0;
    const std::string_view match = matches.substr(0, matches.find_first_of(kBlanks));
    if (const int error = library_.add_match(journal_, match.data(), match.size()); error < 0) return error;
    matches.remove_prefix(match.size());
  }
}

void JournalReader::close() {
  if (journal_ != nullptr) library_.close(journal_);
  journal_ = nullptr;
  fd_ = -1;
}

bool JournalReader::has_files() const {
  std::uint64_t bytes = 0;
  return library_.get_usage(journal_, &bytes) >= 0 && bytes > 0;
}

// ---- Where reading starts -------------------------------------------------------------------------

JournalReader::Start JournalReader::start(const std::string& cursor, std::uint64_t oldest,
                                          std::uint64_t now) {
  const auto by_age = [&](Start why) {
    library_.seek_realtime(journal_, oldest);
    return why;
  };
  gone_cursor_.clear();
  if (cursor.empty()) return by_age(Start::kByAge);
  const auto time = time_of_cursor(cursor);
  if (!time) return by_age(Start::kCursorBroken);
  if (*time < oldest) return by_age(Start::kCursorOld);
  if (library_.seek_cursor(journal_, cursor.c_str()) < 0) return by_age(Start::kCursorBroken);
  if (is_at(cursor, *time)) return Start::kAtCursor;
  gone_cursor_ = cursor;
  gone_time_ = *time;
  // By a time that is yet to come, nothing would be found for as long.
  if (*time > now) return by_age(Start::kCursorGone);
  library_.seek_cursor(journal_, cursor.c_str());
  return Start::kCursorGone;
}

// Whether that entry comes next, but for others of the same time. It has come then.
bool JournalReader::is_at(const std::string& cursor, std::uint64_t time_of_it) {
  for (int i = 0; i < kMostOfOneTime; ++i) {
    if (library_.next(journal_) <= 0) return false;
    if (library_.test_cursor(journal_, cursor.c_str()) > 0) return true;
    std::uint64_t here = 0;
    if (!time(here) || here != time_of_it) return false;
  }
  return false;
}

// ---- Entries --------------------------------------------------------------------------------------

JournalReader::Found JournalReader::next() {
  int found = library_.next(journal_);
  while (found > 0 && is_passed_over()) found = library_.next(journal_);
  if (found > 0) return Found::kEntry;
  if (found == 0) return Found::kNothing;
  fail("cannot read on", found);
  return Found::kFailed;
}

bool JournalReader::is_passed_over() const {
  std::uint64_t here = 0;
  return !gone_cursor_.empty() && time(here) && here == gone_time_ &&
         library_.test_cursor(journal_, gone_cursor_.c_str()) > 0;
}

bool JournalReader::time(std::uint64_t& microseconds) const {
  return library_.get_realtime(journal_, &microseconds) >= 0;
}

std::string JournalReader::cursor() const {
  char* text = nullptr;
  if (library_.get_cursor(journal_, &text) < 0 || text == nullptr) return {};
  std::string cursor(text);
  std::free(text);
  return cursor;
}

// ---- Waiting --------------------------------------------------------------------------------------

std::chrono::microseconds JournalReader::timeout(std::chrono::microseconds most) const {
  std::uint64_t at = 0;
  if (library_.get_timeout(journal_, &at) < 0 || at == std::numeric_limits<std::uint64_t>::max()) return most;
  const std::uint64_t now = monotonic_microseconds();
  if (at <= now) return std::chrono::microseconds(0);
  return std::chrono::microseconds(std::min(at - now, static_cast<std::uint64_t>(most.count())));
}

bool JournalReader::process() {
  // libsystemd ignores that the queue of changes ran over, and would never learn of files that are new.
  int waiting = 0;
  const bool may_have_run_over = fd_ >= 0 && ::ioctl(fd_, FIONREAD, &waiting) == 0 &&
                                 static_cast<std::size_t>(waiting) >= kLeastEventBytes * most_queued_events();
  const int done = library_.process(journal_);
  if (done < 0) return fail("cannot follow the journal", done);
  if (may_have_run_over) problem_ = "changes may have been missed";
  return !may_have_run_over;
}

}  // namespace lokitail::agent
