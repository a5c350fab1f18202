// The way of each entry through the stages of a pipeline, step by step, as data: what a stage
// changed, what dropped the entry, what kept it back and let it go later.
//
// Tracer is the observer that takes it down. TracedPipeline (traced_pipeline.h) is a pipeline with
// all that is needed around it; trace_json.h writes a passage as JSON.
//
// Threads: those of the pipeline. Ownership: passages are copies; they outlive the pipeline.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/origin.h"
#include "pipeline/snapshot.h"
#include "pipeline/stage_observer.h"

namespace lokitail::pipeline {

// What one stage did to one entry.
struct Step {
  enum class Outcome {
    kPassed,    // handed it on, changed or not
    kDropped,   // it ends here
    kHeld,      // kept it back
    kReleased,  // let it go: earlier lines, which it had kept back
  };

  std::shared_ptr<const StageInfo> stage;
  Outcome outcome = Outcome::kDropped;
  std::string drop_reason{};         // what dropped lines are counted under, where it is known
  std::optional<Snapshot> before{};  // nothing for what was released
  std::optional<Snapshot> after{};   // where it was handed on
};

// One entry from where it began - as a line, or when a stage let it go - to its end.
struct Passage {
  enum class Outcome { kOut, kDropped, kHeld };

  std::vector<std::size_t> lines;  // of which it is made, counted from 1 in the order of reading
  Snapshot start;
  // In the order in which stages took it. Those inside of another stage follow that one, and what
  // became of the entry there is said for both.
  std::vector<Step> steps;
  Outcome outcome = Outcome::kOut;
  std::optional<Snapshot> result{};  // where it came out
};

// What step `index` did by itself. A stage with others inside did only what was done before them.
std::vector<Change> own_changes(const Passage& passage, std::size_t index);

// Whether the steps behind this one are those of stages inside of its stage.
bool has_inner_steps(const Passage& passage, std::size_t index);

// The step that dropped the entry or kept it back: the innermost. nullptr where it came out.
const Step* last_stop(const Passage& passage);

class Tracer final : public StageObserver {
 public:
  // `finished` is given each passage when it has come to its end. `symbols` outlives the tracer.
  Tracer(const SymbolTable& symbols, std::function<void(Passage)> finished);
  ~Tracer() override;

  // A line was counted as dropped: says what the step at hand dropped it for.
  void note_drop(std::string_view reason) { drop_reason_ = reason; }
  // An entry has come out of the pipeline: counts where there is no stage that would have told.
  void comes_out(const Entry& entry);

  void takes(const Info& stage, Entry& entry) override;
  void done(const Info& stage) override;
  void gives(const Info& stage, Entry& entry) override;
  void gave(const Info& stage) override;

 private:
  // A stage at work on an entry, or what comes behind it.
  struct Frame {
    Info stage;
    bool behind;  // whether the stage has handed the entry on
    std::shared_ptr<Passage> passage;
    // At work:
    std::size_t step = 0;
    const Origin* origin = nullptr;
    std::size_t holders = 0;  // of the origin, when the stage took the entry
    // Behind: whether the passage began there
    bool begins = false;
  };

  void begin_line(Entry& entry);
  void end_step(const Frame& frame);
  void finish(Passage& passage);

  const SymbolTable& symbols_;
  const std::function<void(Passage)> finished_;
  std::vector<Frame> frames_;  // innermost last
  OriginReference line_;       // of the line that is on its way, which also keeps its number
  std::size_t lines_ = 0;
  std::string drop_reason_;
};

}  // namespace lokitail::pipeline
