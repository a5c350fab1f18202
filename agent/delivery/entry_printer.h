// Where entries go in a dry run: to a stream, a line each, as Promtail prints them:
//
//   2006-01-02T15:04:05.999999999-0700<tab>{a="b", c="d"}<tab>the line
//
// What the clients would do with an entry (external labels, tenants, limits on lines) is not done
// to it, so `__tenant_id__` shows. On a terminal the time is blue and the labels are yellow.
//
// Whoever reads the stream may be slow, or stand still: push() waits for it.
//
// Threads: belongs to one worker; give_up() is for any thread.
// Ownership: what is given by reference outlives it; the descriptor is not closed.
// Errors:  where the stream cannot be written, `broken` is called, once; entries go nowhere
//          from then on.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/lang/time_layout.h"
#include "pipeline/stage.h"

namespace lokitail::agent {

class EntryPrinter final : public pipeline::Sink {
 public:
  EntryPrinter(int file, const pipeline::SymbolTable& symbols, std::function<void()> broken);

  void push(pipeline::Entry& entry) override;

  // Waits for no reader any more: what the stream does not take at once is lost. For a stop.
  void give_up() { given_up_ = true; }

 private:
  void append_colored(std::string_view color, std::string_view text);
  void append_labels(const pipeline::Labels& labels);
  bool write_text();

  const int file_;
  const pipeline::SymbolTable& symbols_;
  const std::function<void()> broken_;
  const pipeline::lang::TimeLayout layout_;
  const bool colored_;
  std::atomic<bool> given_up_{false};
  bool is_broken_ = false;
  std::string text_;  // these three are kept for their memory
  std::string label_text_;
  std::vector<std::pair<std::string_view, std::string_view>> sorted_;
};

// Whether colors are wanted there: it is a terminal, and neither NO_COLOR nor TERM=dumb speaks
// against it.
bool wants_color(int file);

}  // namespace lokitail::agent
