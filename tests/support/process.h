// A child process whose output goes to a file and whose end can be waited for.
//
// Threads: one at a time. Ownership: a child that still runs is killed by the destructor, and by
// the kernel where the test program itself dies.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/wait.h"

namespace lokitail::test {

struct Command {
  std::vector<std::string> arguments;              // the program first
  std::map<std::string, std::string> environment;  // added to the test's own
  std::filesystem::path directory;                 // where it runs; empty: the test's own
  std::filesystem::path out;                       // stdout is appended here; empty: to /dev/null
  std::filesystem::path err;                       // stderr likewise; may be the same file
  int input = -1;   // stdin, a descriptor of the test's that stays open there; -1: /dev/null
  int output = -1;  // stdout likewise, rather than `out`
};

class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  // The exit code, or 128 + the signal that ended it; nothing if it still runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline = kPatience);
  // SIGKILL, and waits for the end.
  void kill();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs a command to its end.
struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};
Finished run(const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment = {});

// The full path of a program in PATH or the system's own folders, or nothing.
std::optional<std::string> find_program(const std::string& name);

// A TCP port of the loopback interface that nobody listens on. Outside the range from which the
// kernel takes the ports of outgoing connections, so that nobody takes it before it is used.
std::uint16_t free_port();

}  // namespace lokitail::test
