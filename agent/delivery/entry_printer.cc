#include "agent/delivery/entry_printer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "pipeline/label_text.h"
#include "pipeline/lang/zone.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kBlue = "\x1b[34m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

// How often somebody who waits for a reader looks whether to give up.
constexpr int kPatienceMilliseconds = 50;

}  // namespace

EntryPrinter::EntryPrinter(int file, const pipeline::SymbolTable& symbols, std::function<void()> broken)
    : file_(file),
      symbols_(symbols),
      broken_(std::move(broken)),
      layout_(pipeline::lang::TimeLayout::compile("2006-01-02T15:04:05.999999999-0700")),
      colored_(wants_color(file)) {}

void EntryPrinter::push(pipeline::Entry& entry) {
  if (is_broken_) return;
  text_.clear();
  append_colored(kBlue, layout_.format(entry.timestamp, pipeline::lang::Zone::local()));
  text_ += '\t';
  append_labels(entry.labels);
  text_ += '\t';
  text_ += entry.line;
  text_ += '\n';
  if (write_text()) return;
  is_broken_ = true;
  broken_();
}

void EntryPrinter::append_labels(const pipeline::Labels& labels) {
  sorted_.clear();
  for (const pipeline::Label& label : labels) {
    sorted_.emplace_back(symbols_.name(label.name), label.value);
  }
  std::ranges::sort(sorted_);
  label_text_.clear();
  pipeline::append_label_text(label_text_, sorted_);
  append_colored(kYellow, label_text_);
}

void EntryPrinter::append_colored(std::string_view color, std::string_view text) {
  if (colored_) text_ += color;
  text_ += text;
  if (colored_) text_ += kPlain;
}

// A pipe that has room takes PIPE_BUF bytes without waiting, so nothing waits but poll().
bool EntryPrinter::write_text() {
  std::string_view rest = text_;
  while (!rest.empty()) {
    pollfd poll{file_, POLLOUT, 0};
    const int ready = ::poll(&poll, 1, given_up_ ? 0 : kPatienceMilliseconds);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) {
      if (given_up_) return false;
      continue;
    }
    const ssize_t n = ::write(file_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

bool wants_color(int file) {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* const terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(file) == 1;
}

}  // namespace lokitail::agent
