// A pipe between a test and the program under test.
//
// Threads: one at a time. Errors: std::system_error for what cannot be done.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tests/support/wait.h"

namespace lokitail::test {

class Pipe {
 public:
  Pipe();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read_end() { close(ends_[0]); }
  void close_write_end() { close(ends_[1]); }

  // Writes as much as there is room for within the time, and returns how much that was.
  std::size_t write(std::string_view text, std::chrono::milliseconds deadline = kPatience);
  // Whether reading may wait: the flag is shared with everybody who has this end.
  bool read_end_blocks() const;
  // Everything until all have closed the write end. REQUIRES: the test has closed its own.
  std::string read_all() const;

 private:
  static void close(int& end);

  int ends_[2] = {-1, -1};
};

}  // namespace lokitail::test
