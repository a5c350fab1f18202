#include "agent/command/demo/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lokitail::agent::demo {
namespace {

constexpr std::size_t kLastWords = 2000;

// As a YAML scalar.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// The child after fork(): only what is allowed there.
[[noreturn]] void become_agent(int log, const char* argument) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  setpgid(0, 0);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const char* const arguments[] = {"lokitail", argument, nullptr};
  execv("/proc/self/exe", const_cast<char* const*>(arguments));
  _exit(127);
}

}  // namespace

std::string to_yaml(const AgentConfig& config) {
  return fmt::format(
      R"(server:
  http_listen_address: 127.0.0.1
  http_listen_port: {port}
  grpc_listen_port: 0
positions:
  filename: {positions}
clients:
  - url: {url}
    batchwait: 250ms
    backoff_config: {{min_period: 100ms, max_period: 500ms, max_retries: 0}}
scrape_configs:
  - job_name: docker
    static_configs:
      - targets: [localhost]
        labels:
          job: docker
          __path__: {logs}
    pipeline_stages:
      - docker: {{}}
      - json:
          expressions:
            level: level
            trace_id: trace_id
            span_id: span_id
            task_id: task_id
            timestamp: timestamp
      - labels:
          level:
          trace_id:
      - timestamp:
          source: timestamp
)",
      fmt::arg("port", config.http_port),
      fmt::arg("positions", quoted((config.folder / "positions.yaml").string())),
      fmt::arg("url", quoted(config.push_url)), fmt::arg("logs", quoted(config.logs)));
}

std::uint16_t free_port() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor acceptor(io,
                                                {boost::asio::ip::make_address("127.0.0.1"), 0});
  return acceptor.local_endpoint().port();
}

Child::Child(const AgentConfig& config) : folder_(config.folder) {
  const std::filesystem::path file = folder_ / "config.yaml";
  std::ofstream(file) << to_yaml(config);
  const std::string argument = "-config.file=" + file.string();
  const int log =
      open((folder_ / "agent.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (log < 0) throw std::runtime_error("cannot write in " + folder_.string());
  pid_ = fork();
  if (pid_ == 0) become_agent(log, argument.c_str());
  close(log);
  if (pid_ < 0) {
    throw std::runtime_error(std::string("cannot start the agent: ") + std::strerror(errno));
  }
}

Child::~Child() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  reap(true);
}

void Child::reap(bool wait) {
  if (pid_ < 0) return;
  rusage usage{};
  if (wait4(pid_, &status_, wait ? 0 : WNOHANG, &usage) != pid_) return;
  pid_ = -1;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  cpu_seconds_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool Child::running() {
  reap(false);
  return pid_ >= 0;
}

void Child::terminate() {
  if (pid_ >= 0) kill(pid_, SIGTERM);
}

bool Child::ended_well() const {
  return pid_ < 0 && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

std::uint64_t Child::resident_bytes() const {
  if (pid_ < 0) return 0;
  // Source: proc(5), statm: the second number is the resident set in pages.
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string Child::last_words() const {
  std::ifstream file(folder_ / "agent.log", std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.size() > kLastWords) text.erase(0, text.size() - kLastWords);
  return text;
}

}  // namespace lokitail::agent::demo
