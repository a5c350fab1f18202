// The `extracted` map of an entry: one slot per name, resolved when the configuration is loaded.
// Starting a new entry empties all slots by counting up, not by touching them.
//
// Threads: belongs to one pipeline; no locks.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/symbol_table.h"
#include "pipeline/value.h"

namespace lokitail::pipeline {

class Extracted {
 public:
  // Empties every slot.
  void clear() {
    if (++round_ == 0) {  // wrapped after 2^32 entries: old marks could be mistaken for new
      slots_.assign(slots_.size(), Slot{});
      round_ = 1;
    }
  }

  // A missing value where nothing was set.
  Value get(Symbol name) const {
    if (name >= slots_.size() || slots_[name].round != round_) return {};
    return slots_[name].value;
  }

  void set(Symbol name, Value value) {
    if (name >= slots_.size()) slots_.resize(name + 1);
    Slot& slot = slots_[name];
    slot.value = value;
    slot.round = round_;
  }

  void erase(Symbol name) {
    if (name < slots_.size()) slots_[name].round = 0;
  }

  // Calls visit(Symbol, const Value&) for everything set, in order of symbols. For the few stages
  // that look at all of it.
  template <typename Visitor>
  void for_each(Visitor visit) const {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].round == round_) visit(static_cast<Symbol>(i), slots_[i].value);
    }
  }

 private:
  struct Slot {
    Value value;
    std::uint32_t round = 0;
  };
  std::vector<Slot> slots_;
  std::uint32_t round_ = 1;
};

}  // namespace lokitail::pipeline
