// The stages of one scrape configuration, compiled, in front of a sink.
//
// Threads: belongs to one worker; no locks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/stage.h"

namespace lokitail::pipeline {

// What a stage took and what it gave. Of the difference, some may be held; the rest was dropped, or joined
// to others.
struct StageCounts {
  std::string stage;  // its name
  std::uint64_t taken = 0;
  std::uint64_t given = 0;
  std::uint64_t held = 0;
};

class Pipeline {
 public:
  // `stages` is the value of `pipeline_stages`: a list or null. Entries that come out go to `out`,
  // which outlives the pipeline. Throws config::Error.
  Pipeline(const config::Node& stages, StageContext& context, Sink& out);
  ~Pipeline();

  // Runs one line through all stages. `line` is followed by kTextPadding readable bytes.
  void push(std::string_view line, Timestamp read_time, std::span<const Label> target, Origin* origin) {
    entry_.begin(line, read_time, target, origin);
    first_->push(entry_);
  }

  // The same for a line that comes with structured metadata.
  void push(std::string_view line, Timestamp read_time, std::span<const Label> target, Origin* origin,
            std::span<const Metadata> structured_metadata) {
    entry_.begin(line, read_time, target, origin);
    entry_.structured_metadata.assign(structured_metadata.begin(), structured_metadata.end());
    first_->push(entry_);
  }

  // Runs an entry that has been begun already (for nested pipelines).
  void push(Entry& entry) { first_->push(entry); }

  void tick(Timestamp now) { tick(now, entry_); }
  void tick(Timestamp now, Entry& scratch);
  bool holds_entries() const;
  std::size_t held_entries() const;
  // What became of the entries in each stage, in order.
  std::vector<StageCounts> counts() const;
  // How many came out.
  std::uint64_t given() const;
  // As a stage's (stage.h): the longest pause that any stage asks for.
  bool may_pause() const { return !pausing_.empty(); }
  std::chrono::nanoseconds pause() { return pausing_.empty() ? std::chrono::nanoseconds() : longest_pause(); }
  // The longest of any stage.
  Memory memory() const;
  void drain() { drain(entry_); }
  void drain(Entry& scratch);

  // What entries go into and what they come out to.
  Sink& entrance() const { return *entrance_; }
  Sink& out() const { return out_; }
  // For who watches entries for a while: they go into `before` instead, which hands them on to the entrance, and
  // come out to `after`, which hands them on to out(). nullptr: as usual, at no cost.
  void tap(Sink* before, Sink* after);

 private:
  class Link;
  class Exit;
  void chain_expressions();
  std::chrono::nanoseconds longest_pause();

  std::unique_ptr<Exit> exit_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Link*> pausing_;  // those of them that may pause
  Sink& out_;
  Sink* entrance_;  // the first stage
  Sink* first_;     // what is pushed to: usually the same
  Entry entry_;
};

}  // namespace lokitail::pipeline
