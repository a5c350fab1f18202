// A journal in memory behind libsystemd's functions, which fails when it is told to.
//
// Threads: one at a time. There is one at a time, since functions have no place for a context.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "agent/source/journal/journal_fields.h"
#include "agent/source/journal/journal_library.h"

// Where a reader is. libsystemd leaves this to whoever implements it.
struct sd_journal {
  std::size_t next = 0;  // the entry that comes next; the present one is before it
  std::size_t field = 0;
  int changes = -1;
};

namespace lokitail::agent::test {

class FakeJournal {
 public:
  struct Entry {
    std::string cursor;
    std::uint64_t time = 0;
    std::vector<std::string> fields;
    bool has_bad_fields = false;
    bool has_bad_time = false;
  };

  FakeJournal() { present = this; }
  ~FakeJournal() { present = nullptr; }
  FakeJournal(const FakeJournal&) = delete;
  FakeJournal& operator=(const FakeJournal&) = delete;

  static std::string cursor_of(std::size_t number, std::uint64_t time) {
    return fmt::format("i={:x};t={:x}", number, time);
  }
  Entry& add(std::uint64_t time, const std::string& message) {
    entries.push_back({cursor_of(added++, time), time, {"_PID=1", "MESSAGE=" + message}});
    if (open_one != nullptr) ::eventfd_write(open_one->changes, 1);
    return entries.back();
  }

  std::deque<Entry> entries;
  std::size_t added = 0;
  int opened = 0;  // how often
  sd_journal* open_one = nullptr;
  // Errors of the next calls, and then of no more.
  int open_error = 0;
  int match_error = 0;
  int next_error = 0;
  int process_error = 0;
  std::size_t fail_before = std::numeric_limits<std::size_t>::max();  // next_error comes before this entry

  static const JournalLibrary* library() {
    static const JournalLibrary kTable = table();
    return &kTable;
  }

 private:
  static int fail_once(int& error) { return -std::exchange(error, 0); }

  static int open(sd_journal** journal, const char*, int) {
    if (const int error = fail_once(present->open_error); error != 0) return error;
    *journal = present->open_one = new sd_journal;
    (*journal)->changes = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ++present->opened;
    return 0;
  }
  static void close(sd_journal* journal) {
    ::close(journal->changes);
    if (present != nullptr) present->open_one = nullptr;
    delete journal;
  }
  static int seek(sd_journal* journal, std::uint64_t time) {
    journal->next = 0;
    while (journal->next < present->entries.size() && present->entries[journal->next].time < time)
      ++journal->next;
    return 0;
  }
  static int seek_cursor(sd_journal* journal, const char* cursor) {
    const auto time = time_of_cursor(cursor);
    return time ? seek(journal, *time) : -EINVAL;
  }
  static int next(sd_journal* journal) {
    if (journal->next == present->fail_before) {
      present->fail_before = std::numeric_limits<std::size_t>::max();
      return fail_once(present->next_error);
    }
    if (journal->next >= present->entries.size()) return 0;
    ++journal->next;
    return 1;
  }
  static const Entry* here(sd_journal* journal) {
    return journal->next == 0 ? nullptr : &present->entries[journal->next - 1];
  }
  static int get_cursor(sd_journal* journal, char** cursor) {
    if (here(journal) == nullptr) return -EADDRNOTAVAIL;
    *cursor = ::strdup(here(journal)->cursor.c_str());
    return 0;
  }
  static int test_cursor(sd_journal* journal, const char* cursor) {
    return here(journal)->cursor == cursor ? 1 : 0;
  }
  static int get_realtime(sd_journal* journal, std::uint64_t* time) {
    if (here(journal)->has_bad_time) return -EBADMSG;
    *time = here(journal)->time;
    return 0;
  }
  static int enumerate(sd_journal* journal, const void** data, std::size_t* size) {
    const Entry& entry = *here(journal);
    if (journal->field == entry.fields.size()) return entry.has_bad_fields ? -EBADMSG : 0;
    *data = entry.fields[journal->field].data();
    *size = entry.fields[journal->field++].size();
    return 1;
  }
  static int process(sd_journal* journal) {
    eventfd_t ignored = 0;
    ::eventfd_read(journal->changes, &ignored);
    return fail_once(present->process_error);
  }

  static JournalLibrary table() {
    JournalLibrary table;
    table.open = [](sd_journal** journal, int flags) { return open(journal, nullptr, flags); };
    table.open_directory = open;
    table.open_namespace = open;
    table.close = close;
    table.set_data_threshold = [](sd_journal*, std::size_t) { return 0; };
    table.get_usage = [](sd_journal*, std::uint64_t* bytes) {
      *bytes = 1;
      return 0;
    };
    table.add_match = [](sd_journal*, const void*, std::size_t) { return fail_once(present->match_error); };
    table.seek_cursor = seek_cursor;
    table.seek_realtime = seek;
    table.next = next;
    table.get_cursor = get_cursor;
    table.test_cursor = test_cursor;
    table.get_realtime = get_realtime;
    table.restart_data = [](sd_journal* journal) { journal->field = 0; };
    table.enumerate_data = enumerate;
    table.get_fd = [](sd_journal* journal) { return journal->changes; };
    table.process = process;
    table.get_timeout = [](sd_journal*, std::uint64_t* time) {
      *time = std::numeric_limits<std::uint64_t>::max();
      return 0;
    };
    return table;
  }

  static inline FakeJournal* present = nullptr;
};

}  // namespace lokitail::agent::test
