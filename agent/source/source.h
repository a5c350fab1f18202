// Where lines come from. A source is read block by block, in turns, by the worker that owns it.
//
// Threads: take_turn() and whatever it touches belong to the worker's thread. Anything else a
// source offers to other threads says so.
// Ownership: shared between the worker that reads it and whoever discovered it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "agent/target_rate.h"

namespace lokitail::pipeline {
class Pipeline;
}

namespace lokitail::agent {

class Worker;

class Source : public std::enable_shared_from_this<Source> {
 public:
  // What a turn found: kMore - read on as soon as the others had their turn; kIdle - nothing to
  // read until someone wakes the source; kFinished - the worker lets go of the source.
  enum class Turn { kMore, kIdle, kFinished };

  virtual ~Source() = default;

  // First call on the worker's thread, before any turn. The source looks up what it needs there.
  virtual void attach(Worker& worker) = 0;

  // The pipeline that its lines go into: while that pauses there is no turn. nullptr: each turn comes
  // in any case. Asked after attach().
  virtual pipeline::Pipeline* pipeline() { return nullptr; }

  // Reads at most one block and pushes its lines through the pipeline, until Worker::wants_pause().
  virtual Turn take_turn(Worker& worker) = 0;

  // Whether a turn may bring lines; where not, it comes though the source is over its rate.
  virtual bool may_bring_lines() const { return true; }

  // There may be something to read. Any thread.
  void wake();

  // --- Going on in another worker (Workers). ---

  // Whether that is possible as things are.
  virtual bool may_move() const { return false; }
  // Whether nothing that it read is on its way any more.
  virtual bool is_settled() const { return false; }
  // The worker lets go of it. attach() comes next, in the same worker or in another.
  virtual void detach() {}
  // After detach(), on the control thread: where it goes on, if `to` is where it is wanted.
  virtual Worker& destination(Worker& from, Worker& to) {
    static_cast<void>(to);
    return from;
  }

 protected:
  // Whether it waits for its turn.
  bool is_queued() const { return queued_; }

 private:
  friend class Worker;
  std::atomic<bool> queued_{false};       // waits for its turn already
  std::atomic<Worker*> worker_{nullptr};  // that has it; nullptr before and after, and on the way to another
  TargetRate::Bucket rate_;               // where there is a limit. The worker's thread
  std::uint64_t turns_ = 0;               // since the worker last looked. The worker's thread
};

}  // namespace lokitail::agent
