// Reading of files that are mapped into memory. Where such a file was truncated meanwhile, or its disk
// cannot read, there is no error but a signal, SIGBUS, which would end the agent. While a MappedReading
// lives, its thread finds zeros in place of what cannot be read, and is told so.
//
// Threads: belongs to the one that made it; one at a time on each. The handler is installed with the
//          first, for good; a SIGBUS that comes elsewhere does what it would have done. Errors: failed().
// Source:  sigaction(2); libsystemd leaves the signal to whoever uses it.
#pragma once

namespace lokitail::agent {

class MappedReading {
 public:
  MappedReading();
  ~MappedReading();
  MappedReading(const MappedReading&) = delete;
  MappedReading& operator=(const MappedReading&) = delete;

  // Whether something could not be read since it was made.
  bool failed() const;
};

}  // namespace lokitail::agent
