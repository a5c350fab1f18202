// libsystemd, loaded when the first job wants a journal: an agent without one neither needs the library
// nor pays for it.
//
// Threads: load() on the control thread; the table is never changed. What the functions are given belongs
//          to one thread at a time. Ownership: the library stays loaded until the process ends.
// Errors:  the functions return -errno.
// Source:  sd-journal(3): declarations and the values of flags are part of its stable interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct sd_journal;  // theirs

namespace lokitail::agent {

struct JournalLibrary {
  static constexpr int kLocalOnly = 1 << 0;
  static constexpr int kAllNamespaces = 1 << 5;
  static constexpr int kIncludeDefaultNamespace = 1 << 6;

  int (*open)(sd_journal** journal, int flags) = nullptr;
  int (*open_directory)(sd_journal** journal, const char* path, int flags) = nullptr;
  int (*open_namespace)(sd_journal** journal, const char* name,
                        int flags) = nullptr;  // since 245; may be null
  void (*close)(sd_journal* journal) = nullptr;
  int (*set_data_threshold)(sd_journal* journal, std::size_t bytes) = nullptr;
  int (*get_usage)(sd_journal* journal, std::uint64_t* bytes) = nullptr;
  int (*add_match)(sd_journal* journal, const void* data, std::size_t size) = nullptr;

  int (*seek_cursor)(sd_journal* journal, const char* cursor) = nullptr;
  int (*seek_realtime)(sd_journal* journal, std::uint64_t microseconds) = nullptr;
  int (*next)(sd_journal* journal) = nullptr;
  int (*get_cursor)(sd_journal* journal, char** cursor) = nullptr;  // to be given to std::free()
  int (*test_cursor)(sd_journal* journal, const char* cursor) = nullptr;
  int (*get_realtime)(sd_journal* journal, std::uint64_t* microseconds) = nullptr;
  void (*restart_data)(sd_journal* journal) = nullptr;
  // Passes over fields that cannot be read; before 246 it does not.
  int (*enumerate_data)(sd_journal* journal, const void** data, std::size_t* size) = nullptr;

  int (*get_fd)(sd_journal* journal) = nullptr;
  int (*process)(sd_journal* journal) = nullptr;
  int (*get_timeout)(sd_journal* journal, std::uint64_t* microseconds) = nullptr;  // of the monotonic clock

  // nullptr where it cannot be loaded; then `problem` says why.
  static const JournalLibrary* load(std::string& problem);
};

}  // namespace lokitail::agent
