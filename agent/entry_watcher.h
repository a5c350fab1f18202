// Sees the entries of a worker before and behind its pipelines, for as long as somebody watches them
// (Worker::watch()). Nothing is in the way of an entry while nobody does.
//
// Threads: the worker's. Ownership: entries are lent for the call.
#pragma once

#include <string>

#include "pipeline/entry.h"
#include "pipeline/symbol_table.h"

namespace lokitail::agent {

class EntryWatcher {
 public:
  // Where the entry is: about to go into the pipeline of its job, or come out of it.
  enum class Point { kBefore, kAfter };

  virtual ~EntryWatcher() = default;
  // The first call: the names of what it will see.
  virtual void begin(pipeline::SymbolTable& symbols) = 0;
  virtual void saw(const std::string& job, Point point, const pipeline::Entry& entry) = 0;
};

}  // namespace lokitail::agent
