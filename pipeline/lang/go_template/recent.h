// The few things made from a text most lately: patterns, layouts and zones that a template names in
// each of its executions, and that cost too much to be made anew each time.
//
// Threads: not shared; one per thread. Ownership: what get() returns is valid until the next get().
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace lokitail::pipeline::lang::go_template {

template <typename T>
class Recent {
 public:
  // What was made from `text`; make(text) makes it if it is not known.
  template <typename Make>
  const T& get(std::string_view text, Make make) {
    for (const Slot& slot : slots_) {
      if (slot.made && slot.text == text) return *slot.made;
    }
    Slot& slot = slots_[next_++ % slots_.size()];
    slot.made.reset();
    slot.text = text;
    return slot.made.emplace(make(text));
  }

 private:
  struct Slot {
    std::string text;
    std::optional<T> made;
  };
  std::array<Slot, 16> slots_;
  std::size_t next_ = 0;
};

}  // namespace lokitail::pipeline::lang::go_template
