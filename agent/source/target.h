// What a job's lines come from, other than files: a listener, a journal. It feeds one or more sources
// of a worker.
//
// Threads: the control thread. Ownership: its maker's; what it was given by reference outlives it.
#pragma once

namespace lokitail::agent {

class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  // Throws std::exception where it cannot be: an address that is taken, a folder that is not there.
  virtual void start() = 0;
  // Takes in no more. What was taken in is in its job's pipeline before the worker is drained, if this
  // is called before Worker::drain().
  virtual void stop() = 0;

  // Whether lines can come (for /ready).
  virtual bool ready() const = 0;
};

}  // namespace lokitail::agent
