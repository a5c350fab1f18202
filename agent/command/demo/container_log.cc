#include "agent/command/demo/container_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace lokitail::agent::demo {
namespace {

std::string container_id(std::string_view name) {
  std::mt19937_64 random;
  std::seed_seq seed(name.begin(), name.end());
  random.seed(seed);
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:016x}", random());
  return id;
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::runtime_error("cannot write " + path.string() + ": " + std::strerror(errno));
}

}  // namespace

ContainerLog::ContainerLog(const std::filesystem::path& root, std::string_view name) {
  const std::string id = container_id(name);
  std::filesystem::create_directories(root / id);
  path_ = root / id / (id + "-json.log");
  open();
}

ContainerLog::~ContainerLog() {
  if (file_ >= 0) close(file_);
}

ContainerLog::ContainerLog(ContainerLog&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      pending_(std::move(other.pending_)) {}

void ContainerLog::open() {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (file_ < 0) fail(path_);
}

void ContainerLog::append(const ServiceLine& line) {
  pending_ += "{\"log\":\"";
  for (const char c : line.text) {
    if (c == '"' || c == '\\' || c == '\n') pending_ += '\\';
    pending_ += c == '\n' ? 'n' : c;
  }
  const auto nanoseconds = std::chrono::floor<std::chrono::nanoseconds>(line.time.time_since_epoch()).count();
  fmt::format_to(std::back_inserter(pending_), "\",\"stream\":\"{}\",\"time\":\"{:%FT%T}.{:09}Z\"}}\n",
                 line.to_stderr ? "stderr" : "stdout",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(line.time)), nanoseconds % 1'000'000'000);
}

void ContainerLog::flush() {
  std::string_view left = pending_;
  while (!left.empty()) {
    const ssize_t written = write(file_, left.data(), left.size());
    if (written < 0 && errno != EINTR) fail(path_);
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
}

void ContainerLog::rotate() {
  flush();
  close(file_);
  std::filesystem::rename(path_, path_.string() + ".1");
  open();
}

}  // namespace lokitail::agent::demo
