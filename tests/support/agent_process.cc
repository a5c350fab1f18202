#include "tests/support/agent_process.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/support/temp_dir.h"

namespace lokitail::test {

std::string agent_binary() {
  const char* binary = std::getenv("LOKITAIL_BINARY");
  if (binary == nullptr || *binary == '\0') {
    throw std::runtime_error("LOKITAIL_BINARY must name the agent to test");
  }
  return std::filesystem::absolute(binary).string();
}

bool sanitized() { return std::getenv("LOKITAIL_SANITIZED") != nullptr; }

std::string client(const std::string& url, const std::string& more) {
  const auto unless_given = [&more](const char* key, const char* fallback) {
    return more.find(key) == std::string::npos ? fmt::format(", {} {}", key, fallback) : "";
  };
  return fmt::format("{{url: '{}'{}{}{}}}", url, unless_given("batchwait:", "50ms"),
                     unless_given("backoff_config:", "{min_period: 20ms, max_period: 200ms}"),
                     more.empty() ? "" : ", " + more);
}

std::string job(const std::string& name, const std::filesystem::path& path, const std::string& more,
                const std::string& labels) {
  return fmt::format(
             "- job_name: {}\n"
             "  static_configs:\n"
             "  - targets: [localhost]\n"
             "    labels: {{job: {}, __path__: '{}'{}}}\n",
             name, name, path.string(), labels.empty() ? "" : ", " + labels) +
         [&more] {
           std::string indented;
           std::istringstream lines(more);
           for (std::string line; std::getline(lines, line);) indented += "  " + line + "\n";
           return indented;
         }();
}

Agent::Agent(const std::filesystem::path& directory) : directory_(directory) {
  std::filesystem::create_directories(directory_);
  environment = {
      // A report ends the agent with a code of its own, so that no test takes it for anything else.
      {"ASAN_OPTIONS", "exitcode=99"},
      {"TSAN_OPTIONS", "exitcode=99"},
      {"UBSAN_OPTIONS", "print_stacktrace=1"},
  };
}

Agent::~Agent() {
  // For whoever reads the output of a failed test.
  if (std::uncaught_exceptions() > 0) {
    const std::string text = log();
    constexpr std::size_t kTail = 4000;
    fmt::print("--- the agent's log ends with:\n{}---\n",
               text.size() > kTail ? text.substr(text.size() - kTail) : text);
  }
}

std::string Agent::config_text() const {
  std::string text = fmt::format(
      "server: {{http_listen_address: 127.0.0.1, http_listen_port: {}, grpc_listen_port: 0{}}}\n"
      "positions: {{filename: '{}'{}}}\n"
      "target_config: {{{}}}\n"
      "clients:\n",
      port_, server_keys.empty() ? "" : ", " + server_keys, positions_file().string(),
      positions_keys.empty() ? "" : ", " + positions_keys, target_keys);
  for (const std::string& client : clients) text += "- " + client + "\n";
  text += "scrape_configs:\n";
  for (const std::string& job : jobs) text += job;
  return text + top_level;
}

void Agent::start() {
  for (int attempt = 0;; ++attempt) {
    launch();
    eventually([this] { return get("/healthz").status != 0 || !process_->running(); });
    if (process_->running()) return;
    // Somebody may have taken the port before the agent could.
    if (attempt >= 3 || log().find("ddress already in use") == std::string::npos) {
      throw std::runtime_error("the agent does not start:\n" + log());
    }
  }
}

void Agent::launch() {
  port_ = free_port();
  write_config();
  std::vector<std::string> command{agent_binary(), "-config.file=" + config_file().string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<Process>(
      Command{command, environment, directory_, directory_ / "log", directory_ / "log", input, output});
}

void Agent::write_config() const { write_file(config_file(), config_text()); }

void Agent::reload() {
  write_config();
  process_->signal(SIGHUP);
}

void Agent::stop(std::chrono::milliseconds deadline) {
  process_->signal(SIGTERM);
  const std::optional<int> code = process_->wait(deadline);
  const std::string report = sanitizer_report(log());
  if (!report.empty()) throw std::runtime_error(report);
  if (!code) throw std::runtime_error("the agent does not stop:\n" + log());
  if (*code != 0) {
    throw std::runtime_error(fmt::format("the agent ended with {}:\n{}", *code, log()));
  }
}

void Agent::kill() { process_->kill(); }

bool Agent::running() const { return process_ && process_->running(); }

bool Agent::wait_ready(std::chrono::milliseconds deadline) const {
  return eventually([this] { return get("/ready").status == 200; }, deadline);
}

double Agent::metric(const std::string& name, const std::string& labels) const {
  const double value = metric_value(get("/metrics").body, name, labels);
  return value < 0 ? 0 : value;
}

std::string Agent::log() const { return read_file(directory_ / "log"); }

std::size_t Agent::status_value(std::string_view key) const {
  std::ifstream status(fmt::format("/proc/{}/status", process_->pid()));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0) return std::stoul(line.substr(key.size() + 1)) * 1024;
  }
  throw std::runtime_error("the agent is gone:\n" + log());
}

std::size_t Agent::resident() const { return status_value("VmRSS:"); }

std::size_t Agent::peak_resident() const { return status_value("VmHWM:"); }

std::size_t Agent::open_files() const {
  const std::filesystem::directory_iterator files(fmt::format("/proc/{}/fd", process_->pid()));
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t Agent::inotify_watches() const {
  std::size_t watches = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", process_->pid()))) {
    std::ifstream text(file.path());
    for (std::string line; std::getline(text, line);) {
      if (line.rfind("inotify wd:", 0) == 0) ++watches;
    }
  }
  return watches;
}

std::string sanitizer_report(const std::string& log) {
  for (const char* sign :
       {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error: ", "WARNING: ThreadSanitizer"}) {
    const std::size_t at = log.find(sign);
    if (at != std::string::npos) return log.substr(at);
  }
  return {};
}

}  // namespace lokitail::test
