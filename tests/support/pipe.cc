#include "tests/support/pipe.h"

#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace lokitail::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Pipe::Pipe() {
  if (::pipe2(ends_, O_CLOEXEC) != 0) fail("pipe2");
}

Pipe::~Pipe() {
  close_read_end();
  close_write_end();
}

void Pipe::close(int& end) {
  if (end >= 0) ::close(end);
  end = -1;
}

std::size_t Pipe::write(std::string_view text, std::chrono::milliseconds deadline) {
  const Stopwatch watch;
  std::size_t written = 0;
  while (written < text.size()) {
    pollfd poll{write_end(), POLLOUT, 0};
    const auto left = deadline - watch.elapsed();
    if (left <= 0ms || ::poll(&poll, 1, static_cast<int>(left.count())) == 0) break;
    // Where there is room, this much of it fits without waiting.
    const std::size_t size = std::min<std::size_t>(text.size() - written, PIPE_BUF);
    const ssize_t n = ::write(write_end(), text.data() + written, size);
    if (n < 0) fail("write");
    written += static_cast<std::size_t>(n);
  }
  return written;
}

bool Pipe::read_end_blocks() const {
  const int flags = ::fcntl(read_end(), F_GETFL);
  if (flags < 0) fail("fcntl");
  return (flags & O_NONBLOCK) == 0;
}

std::string Pipe::read_all() const {
  std::string text;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t n = ::read(read_end(), piece.data(), piece.size());
    if (n < 0) fail("read");
    if (n == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace lokitail::test
