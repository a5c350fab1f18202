#include "agent/command/demo/self_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lokitail::agent::demo {
namespace {

// The child after fork(): only what is allowed there.
[[noreturn]] void become_self(int output, char* const* arguments) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  setpgid(0, 0);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

SelfProcess::SelfProcess(const std::vector<std::string>& arguments, int output) {
  std::vector<std::string> all = {"lokitail"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> texts;
  texts.reserve(all.size() + 1);
  for (std::string& argument : all) texts.push_back(argument.data());
  texts.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) become_self(output, texts.data());
  if (pid_ < 0) {
    throw std::runtime_error("cannot start lokitail " + arguments.front() + ": " + std::strerror(errno));
  }
}

SelfProcess::~SelfProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  reap(true);
}

void SelfProcess::reap(bool wait) {
  if (pid_ < 0) return;
  rusage usage{};
  if (wait4(pid_, &status_, wait ? 0 : WNOHANG, &usage) != pid_) return;
  pid_ = -1;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  cpu_seconds_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool SelfProcess::running() {
  reap(false);
  return pid_ >= 0;
}

void SelfProcess::terminate() {
  if (pid_ >= 0) kill(pid_, SIGTERM);
}

bool SelfProcess::ended_well() const { return pid_ < 0 && WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

}  // namespace lokitail::agent::demo
