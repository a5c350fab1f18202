// Names of labels and extracted fields, turned into small integers once, when the configuration is
// loaded, so that no stage hashes or compares a name per line.
//
// Threads: a table belongs to one worker, with the pipelines and targets of that worker; no locks.
// Ownership: the table keeps the names; views returned by name() live as long as the table.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lokitail::pipeline {

// Index of a name in its table. Dense, from 0.
using Symbol = std::uint32_t;

class SymbolTable {
 public:
  SymbolTable() = default;
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  // The name's symbol, made now if the name is new.
  Symbol intern(std::string_view name) {
    if (const auto found = symbols_.find(name); found != symbols_.end()) return found->second;
    const auto symbol = static_cast<Symbol>(names_.size());
    symbols_.emplace(names_.emplace_back(name), symbol);
    return symbol;
  }

  std::string_view name(Symbol symbol) const { return names_[symbol]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;  // a deque, so that the keys below stay where they are
  std::unordered_map<std::string_view, Symbol> symbols_;
};

}  // namespace lokitail::pipeline
