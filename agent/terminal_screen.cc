#include "agent/terminal_screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace lokitail::agent {
namespace {

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

TerminalScreen::TerminalScreen() { write_all("\x1b[?1049h\x1b[?25l"); }

TerminalScreen::~TerminalScreen() { write_all("\x1b[?25h\x1b[?1049l"); }

TerminalScreen::Size TerminalScreen::size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

void TerminalScreen::draw(const std::vector<std::string>& lines) {
  const std::size_t rows = size().rows;
  std::string frame = "\x1b[H";
  for (std::size_t i = 0; i < lines.size() && i < rows; ++i) {
    if (i > 0) frame += "\r\n";
    frame += lines[i] + "\x1b[K";
  }
  write_all(frame + "\x1b[J");
}

}  // namespace lokitail::agent
