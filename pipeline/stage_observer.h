// Watches entries go through the stages of a pipeline, nested ones included.
//
// A pipeline that is built with an observer (StageContext::observer) has each of its stages wrapped
// in one that reports to it; without one nothing is different: there is no hook on the way of a
// line.
//
// The calls nest as the stages do. A stage that hands an entry on is reported as
//   takes(a)  gives(a)  takes(b)  gives(b)  gave(b)  done(b)  gave(a)  done(a)
// and one that keeps or drops it lacks the middle. What a stage lets go at a tick or at the end
// comes as gives() and gave() alone. Stages inside of another one come between its takes() and
// done().
//
// Threads: called on the pipeline's thread. Ownership: an entry is lent for the call.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "config/error.h"
#include "config/node.h"
#include "pipeline/entry.h"

namespace lokitail::pipeline {

// Which stage it is. Outlives the pipeline where somebody keeps it.
struct StageInfo {
  std::string name;     // "json"
  std::string path;     // "pipeline_stages[2].match.stages[0]"
  config::Place place;  // of the name, in the configuration
  std::size_t index = 0;
  std::shared_ptr<const StageInfo> enclosing{};  // the stage that it stands in, if any
  std::size_t inner_stages = 0;                  // how many stand in it, directly

  std::size_t depth() const { return enclosing == nullptr ? 0 : enclosing->depth() + 1; }
};

class StageObserver {
 public:
  using Info = std::shared_ptr<const StageInfo>;

  virtual ~StageObserver() = default;
  // `stage` was built from `item` of `pipeline_stages`; those that stand in it were built before.
  virtual void built(const Info& stage, const config::Node& item) {
    static_cast<void>(stage), static_cast<void>(item);
  }
  // `stage` is about to take an entry, which the observer may give another origin.
  virtual void takes(const Info& stage, Entry& entry) = 0;
  // `stage` has done with the entry it took, whether it handed it on or not.
  virtual void done(const Info& stage) = 0;
  // `stage` is about to hand on an entry: the one it took, or one that it had kept.
  virtual void gives(const Info& stage, Entry& entry) = 0;
  // What comes behind `stage` has done with that entry.
  virtual void gave(const Info& stage) = 0;
};

}  // namespace lokitail::pipeline
