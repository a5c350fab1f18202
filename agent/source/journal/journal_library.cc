#include "agent/source/journal/journal_library.h"

#include <dlfcn.h>

namespace lokitail::agent {
namespace {

constexpr const char* kName = "libsystemd.so.0";

class Loader {
 public:
  explicit Loader(void* library) : library_(library) {}

  template <typename Function>
  bool find(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(::dlsym(library_, name));
    if (function != nullptr) return true;
    missing_ = name;
    return false;
  }
  template <typename Function>
  Loader& need(Function*& function, const char* name) {
    complete_ = find(function, name) && complete_;
    return *this;
  }

  bool complete() const { return complete_; }
  const char* missing() const { return missing_; }

 private:
  void* const library_;
  const char* missing_ = "";
  bool complete_ = true;
};

// Empty where all is there.
std::string fill(JournalLibrary& table) {
  void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return ::dlerror();
  Loader loader(library);
  loader.find(table.open_namespace, "sd_journal_open_namespace");
  if (!loader.find(table.enumerate_data, "sd_journal_enumerate_available_data")) {
    loader.need(table.enumerate_data, "sd_journal_enumerate_data");
  }
  loader.need(table.open, "sd_journal_open")
      .need(table.open_directory, "sd_journal_open_directory")
      .need(table.close, "sd_journal_close")
      .need(table.set_data_threshold, "sd_journal_set_data_threshold")
      .need(table.get_usage, "sd_journal_get_usage")
      .need(table.add_match, "sd_journal_add_match")
      .need(table.seek_cursor, "sd_journal_seek_cursor")
      .need(table.seek_realtime, "sd_journal_seek_realtime_usec")
      .need(table.next, "sd_journal_next")
      .need(table.get_cursor, "sd_journal_get_cursor")
      .need(table.test_cursor, "sd_journal_test_cursor")
      .need(table.get_realtime, "sd_journal_get_realtime_usec")
      .need(table.restart_data, "sd_journal_restart_data")
      .need(table.get_fd, "sd_journal_get_fd")
      .need(table.process, "sd_journal_process")
      .need(table.get_timeout, "sd_journal_get_timeout");
  if (loader.complete()) return {};
  return std::string(kName) + " lacks " + loader.missing();
}

}  // namespace

const JournalLibrary* JournalLibrary::load(std::string& problem) {
  struct Loaded {
    JournalLibrary table;
    std::string problem = fill(table);
  };
  static const Loaded kLoaded;
  problem = kLoaded.problem;
  return problem.empty() ? &kLoaded.table : nullptr;
}

}  // namespace lokitail::agent
