#include "agent/command/demo/child.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lokitail::agent::demo {
namespace {

constexpr std::size_t kLastWords = 2000;

// As a YAML scalar.
std::string yaml_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
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
            service: service
            trace_id: trace_id
            span_id: span_id
            task_id: task_id
            timestamp: timestamp
      - labels:
          level:
          service:
          trace_id:
      - timestamp:
          source: timestamp
)",
      fmt::arg("port", config.http_port),
      fmt::arg("positions", yaml_quoted((config.folder / "positions.yaml").string())),
      fmt::arg("url", yaml_quoted(config.push_url)), fmt::arg("logs", yaml_quoted(config.logs)));
}

std::uint16_t free_port() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  return acceptor.local_endpoint().port();
}

Child::Child(const AgentConfig& config) : folder_(config.folder) {
  const std::filesystem::path file = folder_ / "config.yaml";
  std::ofstream(file) << to_yaml(config);
  const int log = open((folder_ / "agent.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (log < 0) throw std::runtime_error("cannot write in " + folder_.string());
  try {
    process_.emplace(std::vector<std::string>{"-config.file=" + file.string()}, log);
  } catch (...) {
    close(log);
    throw;
  }
  close(log);
}

std::uint64_t Child::resident_bytes() const {
  if (process_->pid() < 0) return 0;
  // Source: proc(5), statm: the second number is the resident set in pages.
  std::ifstream statm("/proc/" + std::to_string(process_->pid()) + "/statm");
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
