// One step of a pipeline. To add a stage: one file in pipeline/stage/ with its configuration, its
// behaviour and its factory side by side, and one row in pipeline/registry.cc; and, so that a
// configuration with it can be checked, what it reads and sets: pipeline/flow/stage_flow.h.
//
// Threads: a stage belongs to one pipeline and is called from that pipeline's thread only.
// Errors:  a factory throws config::Error for a configuration that Promtail would refuse. A line
//          that a stage can do nothing with is normal: it is passed on. Stages do not throw.
// Order:   entries with equal labels leave in the order in which they came.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"
#include "pipeline/entry.h"
#include "pipeline/metric_names.h"
#include "pipeline/metrics.h"

namespace lokitail::pipeline {

class StageObserver;
struct StageInfo;

namespace lang {
class RegexChains;
}

// Takes entries: the next stage, or what lies behind the pipeline. May change the entry.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void push(Entry& entry) = 0;
};

// How far what a stage remembers of entries reaches that it handed on. Where several workers run a pipeline,
// each has stages of its own.
enum class Memory {
  kNone,    // an entry's outcome depends on itself alone, or on counts that all share
  kSource,  // on entries of the same source: it stays with its worker
  kJob,     // on entries of all sources of the job: they have to have one worker
};

class Stage {
 public:
  virtual ~Stage() = default;
  // Takes one entry and hands zero or more to `next`. May keep entries back (held_entry.h).
  virtual void push(Entry& entry, Sink& next) = 0;
  // Called about ten times a second while entries are on their way: the chance to let held entries
  // go. `now` may jump, as the system's clock does. `scratch` is an entry to restore held ones into.
  virtual void tick(Timestamp now, Entry& scratch, Sink& next) {
    static_cast<void>(now), static_cast<void>(scratch), static_cast<void>(next);
  }
  // Whether entries are kept back; while they are, tick() goes on being called.
  virtual bool holds_entries() const { return false; }
  // How many entries these are, as far as they are entries of their own and will go on.
  virtual std::size_t held_entries() const { return 0; }
  // Whether pause() may ever say anything: the same answer for as long as the stage lives.
  virtual bool may_pause() const { return false; }
  // How long no further line should come, so that a rate is held; zero while they may come. Whoever
  // reads lines asks after each one. Those that come all the same are taken.
  virtual std::chrono::nanoseconds pause() { return {}; }
  // The same answer for as long as the stage lives.
  virtual Memory memory() const { return Memory::kNone; }
  // Adds the expressions that decide whether it does anything, by the text as it comes; true where an entry that goes on
  // is left as it came, so that stages behind it ask about the same text. Called once, before the first entry; the
  // chains live as long as the stage.
  virtual bool join(lang::RegexChains& chains) { return static_cast<void>(chains), false; }
  // Hands on everything kept back, but for what has an origin and is better read again after the next
  // start. The last call.
  virtual void drain(Entry& scratch, Sink& next) { static_cast<void>(scratch), static_cast<void>(next); }
};

enum class Verdict { kKeep, kDrop };

// The shape to reach for: change one entry in place.
class EntryStage : public Stage {
 public:
  virtual Verdict process(Entry& entry) = 0;
  void push(Entry& entry, Sink& next) final {
    if (process(entry) == Verdict::kKeep) next.push(entry);
  }
};

// What a factory may use. All that it refers to outlives the stages.
struct StageContext {
  SymbolTable& symbols;
  config::Warnings& warnings;
  PipelineMetrics& metrics;
  // The time now, for stages that compare with it. Pipelines have no clock of their own.
  std::function<Timestamp()> now;
  // What the stages built so far define; while stages are built only.
  MetricNames metric_names{};
  // An address of a host, for templates that ask for one; without it they get none. Waits for the
  // network no longer than a moment.
  std::function<std::optional<std::string>(const std::string& name)> find_host{};
  // Who watches entries go through the stages (stage_observer.h); normally nobody. Outlives them.
  StageObserver* observer = nullptr;
  // For an observer: the stage that the pipeline being built stands in.
  std::shared_ptr<StageInfo> enclosing{};
  // Tells whoever runs the agent something that a line has shown, in the agent's log. A stage says each
  // thing once in a while, not for each line; beyond that the agent holds back what comes too often.
  std::function<void(std::string_view message)> warn = [](std::string_view) {};
};

// `body` is what stands behind the stage's name in the configuration; it may be null.
using StageFactory = std::unique_ptr<Stage>(const config::Node& body, StageContext& context);

}  // namespace lokitail::pipeline
