// This binary, run as a child process.
//
// Threads: one. Errors: std::runtime_error where it cannot be started.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lokitail::agent::demo {

class SelfProcess {
 public:
  // Arguments without the program's name. All that it prints goes to `output`, a descriptor, which stays the
  // caller's. It dies with this process, and a Ctrl-C on the terminal does not reach it.
  SelfProcess(const std::vector<std::string>& arguments, int output);
  ~SelfProcess();
  SelfProcess(const SelfProcess&) = delete;
  SelfProcess& operator=(const SelfProcess&) = delete;

  // Asks it to stop.
  void terminate();
  bool running();
  pid_t pid() const { return pid_; }  // -1: it does not run any more
  // What is known once it does not run any more:
  bool ended_well() const;                             // with status 0
  double cpu_seconds() const { return cpu_seconds_; }  // user and system time of its life

 private:
  void reap(bool wait);

  pid_t pid_ = -1;  // -1: reaped
  int status_ = 0;
  double cpu_seconds_ = 0;
};

}  // namespace lokitail::agent::demo
