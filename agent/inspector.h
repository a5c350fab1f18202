// `-inspect`: prints to standard error, in Promtail's form, what each stage does to each entry
// while the agent runs.
//
// Promtail inspects some stages only; here all speak: those that drop an entry or keep it back say
// so, and docker and cri, which are one step here, say once what Promtail says in several.
//
// Threads: the worker's. Ownership: outlives the pipelines that it watches.
// Source:  the form is that of Promtail's stages/inspector.go, paths included.
#pragma once

#include <string>

#include "agent/terminal.h"
#include "pipeline/symbol_table.h"
#include "pipeline/trace.h"

namespace lokitail::agent {

class Inspector {
 public:
  explicit Inspector(const pipeline::SymbolTable& symbols);

  pipeline::StageObserver& observer() { return tracer_; }

 private:
  const Painter paint_;
  pipeline::Tracer tracer_;
};

// What is printed for one entry.
std::string inspection_text(const pipeline::Passage& passage, const Painter& paint);

}  // namespace lokitail::agent
