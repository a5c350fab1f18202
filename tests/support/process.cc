#include "tests/support/process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace lokitail::test {
namespace {

void redirect(int descriptor, const std::filesystem::path& path, int flags) {
  const int file = ::open(path.empty() ? "/dev/null" : path.c_str(), flags | O_CREAT, 0644);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
  ::close(file);
}

[[noreturn]] void become(const Command& command, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  if (command.input < 0) {
    redirect(STDIN_FILENO, {}, O_RDONLY);
  } else if (::dup2(command.input, STDIN_FILENO) < 0) {
    ::_exit(126);
  }
  if (command.output < 0) {
    redirect(STDOUT_FILENO, command.out, O_WRONLY | O_APPEND);
  } else if (::dup2(command.output, STDOUT_FILENO) < 0) {
    ::_exit(126);
  }
  redirect(STDERR_FILENO, command.err, O_WRONLY | O_APPEND);
  // What the test has open is not the child's: a socket that it inherits would go on listening.
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (!command.directory.empty() && ::chdir(command.directory.c_str()) != 0) ::_exit(126);
  for (const auto& [name, value] : command.environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Process::Process(const Command& command) {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(command, parent);
}

Process::~Process() { kill(); }

void Process::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

bool Process::running() { return !wait(0ms); }

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
  eventually(
      [this] {
        int status = 0;
        if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
          exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return exit_code_.has_value();
      },
      deadline, 2ms);
  return exit_code_;
}

void Process::kill() {
  signal(SIGKILL);
  wait();
}

Finished run(const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment) {
  TempDir directory;
  Process process({arguments, environment, {}, directory / "out", directory / "err"});
  const std::optional<int> code = process.wait();
  if (!code) throw std::runtime_error(arguments.front() + " does not end");
  return {*code, read_file(directory / "out"), read_file(directory / "err")};
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> candidates(15000, 32000);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(candidates(random)));
    const bool free = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(listener);
    if (free) return ntohs(address.sin_port);
  }
  throw std::runtime_error("no free port");
}

}  // namespace lokitail::test
