// Journals for tests: files made by systemd-journal-remote out of its export format, and a real journald
// that sees folders of the test's own as /run/systemd and /run/log.
//
// Threads: one at a time. Errors: what cannot be made throws std::runtime_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"

namespace lokitail::test {

using JournalFields = std::vector<std::pair<std::string, std::string>>;

// Microseconds since 1970, so long ago.
std::int64_t journal_time(std::chrono::microseconds ago = std::chrono::microseconds(0));

// A file of journal entries.
class JournalFile {
 public:
  // Empty where the tools for it are there.
  static std::string missing();

  explicit JournalFile(std::filesystem::path path) : path_(std::move(path)) {}

  // Entries for append(). `time` in microseconds since 1970; what is not later than the entry before becomes
  // so.
  void add(std::int64_t time, const JournalFields& fields);
  void add(const std::string& message) { add(journal_time(), {{"MESSAGE", message}}); }
  // Writes what was added, behind what the file holds already.
  void append();

  // The cursor of the entry with this message, as journalctl says it.
  std::string cursor_of(const std::string& message) const;

 private:
  std::filesystem::path path_;
  std::string export_;
  std::int64_t latest_ = 0;
};

class Journald {
 public:
  // Empty where it can run: it wants root, for a mount namespace.
  static std::string missing();

  // `settings` are further lines of its configuration.
  explicit Journald(const std::filesystem::path& folder, const std::string& settings = "");
  ~Journald();

  // The folder with its journal files.
  std::filesystem::path journal() const { return folder_ / "log" / "journal"; }
  // Sends an entry, as programs do that know journald's own protocol.
  void log(const JournalFields& fields);
  void log(const std::string& message) { log({{"MESSAGE", message}}); }
  void rotate();
  std::size_t files() const;

 private:
  const std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
  int socket_ = -1;
};

// The journald that other programs of this machine log to: the one that runs, or one that is started where a
// container has none, and leaves nothing.
class HostJournald {
 public:
  static std::string missing();

  HostJournald();
  ~HostJournald();

 private:
  std::unique_ptr<Process> process_;  // nullptr: there was one
};

}  // namespace lokitail::test
