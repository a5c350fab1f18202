#include "lokitail/telemetry/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lokitail::telemetry {
namespace {

constexpr int kPatience = 1000;  // milliseconds

int open_to_append(const std::string& path) {
  constexpr mode_t kMode = 0640;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + path);
  return file;
}

bool becomes_writable(int descriptor) {
  pollfd waiting{descriptor, POLLOUT, 0};
  return poll(&waiting, 1, kPatience) > 0;
}

}  // namespace

DescriptorSink::DescriptorSink(const std::string& path) : descriptor_(open_to_append(path)), owned_(true) {}

DescriptorSink::~DescriptorSink() {
  if (owned_) close(descriptor_);
}

void DescriptorSink::write(Level, std::string_view lines) {
  const std::lock_guard lock(mutex_);
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && (errno != EAGAIN || !becomes_writable(descriptor_))) {
      for (const char c : lines) lost_.fetch_add(c == '\n' ? 1 : 0, std::memory_order_relaxed);
      return;
    }
  }
}

std::shared_ptr<Sink> standard_error() { return std::make_shared<DescriptorSink>(STDERR_FILENO); }
std::shared_ptr<Sink> standard_output() { return std::make_shared<DescriptorSink>(STDOUT_FILENO); }

}  // namespace lokitail::telemetry
