// A journal that is open, read entry by entry.
//
// Threads: belongs to one. Ownership: closes the journal. What a field's data points to is valid until the
//          next call.
// Errors:  libsystemd passes over what it cannot read in a file where it can, and lets go of the file where
//          it cannot; what it reports is in problem(). A journal that failed is opened anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/source/journal/journal_library.h"
#include "config/config.h"

namespace lokitail::agent {

class JournalReader {
 public:
  // The library outlives it.
  explicit JournalReader(const JournalLibrary& library) : library_(library) {}
  ~JournalReader() { close(); }
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;

  // False with a problem().
  bool open(const config::JournalConfig& config);
  void close();
  bool is_open() const { return journal_ != nullptr; }
  // Whether it has any file that could be opened.
  bool has_files() const;

  // Where reading starts. Times are in microseconds since 1970.
  enum class Start {
    kAtCursor,     // behind the entry of the cursor, which is there
    kCursorGone,   // at what came after it, since that entry is not there any more
    kCursorOld,    // at the oldest that is wanted, which the cursor's entry is not
    kByAge,        // the same, without a cursor
    kCursorBroken  // the same, since the cursor is none
  };
  // An empty cursor is none. `now` and `oldest` are where to start without a cursor. Should the entry of a cursor
  // that is gone come after all, in a file that is added later, next() passes over it.
  Start start(const std::string& cursor, std::uint64_t oldest, std::uint64_t now);

  enum class Found { kEntry, kNothing, kFailed };
  Found next();

  // --- The entry at which next() arrived. ---

  bool time(std::uint64_t& microseconds) const;
  // Empty where it has none any more, because its file was removed.
  std::string cursor() const;
  // Calls visit(data) with "NAME=value" of each field. False where they could not all be read.
  template <typename Visit>
  bool visit_fields(Visit visit) const {
    library_.restart_data(journal_);
    for (;;) {
      const void* data = nullptr;
      std::size_t size = 0;
      const int found = library_.enumerate_data(journal_, &data, &size);
      if (found <= 0) return found == 0;
      visit(std::string_view(static_cast<const char*>(data), size));
    }
  }

  // --- Waiting. ---

  // Readable when something changed; -1 where that cannot be watched.
  int fd() const { return fd_; }
  // How long next() need not be called while fd() says nothing; at most `most`.
  std::chrono::microseconds timeout(std::chrono::microseconds most) const;
  // Takes note of what changed. False where files may have been missed: it has to be opened anew.
  bool process();

  // Of the call that failed last.
  const std::string& problem() const { return problem_; }

 private:
  int open_as_configured(const config::JournalConfig& config);
  int add_matches(std::string_view matches);
  bool is_at(const std::string& cursor, std::uint64_t time);
  bool is_passed_over() const;
  bool fail(const char* what, int error);

  const JournalLibrary& library_;
  sd_journal* journal_ = nullptr;
  int fd_ = -1;
  std::string gone_cursor_;  // up to which all was read, though its entry is not there
  std::uint64_t gone_time_ = 0;
  std::string problem_;
};

}  // namespace lokitail::agent
