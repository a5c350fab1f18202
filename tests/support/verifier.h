// Whether everything that was written arrived as it should: each line once, in order, with its text
// unchanged; or more than once, but then as the very same entry.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/log_writer.h"
#include "tests/support/loki.h"

namespace lokitail::test {

struct Verdict {
  bool complete = false;       // every line of every writer is there
  std::string problems;        // for people; empty: nothing is wrong with what is there
  std::size_t lines = 0;       // different lines that arrived
  std::size_t duplicates = 0;  // arrivals beyond the first of each line
};

// `writers`: all whose lines may arrive. A line of anybody else is a problem.
Verdict verify(const std::vector<Arrival>& arrivals, const std::vector<const LogWriter*>& writers);

// Lines that have not arrived, in whatever order the others did: "c0 17-20, c1 5", or empty.
std::string missing_lines(const std::vector<Arrival>& arrivals, const std::vector<const LogWriter*>& writers);

// Waits until `loki` has stored everything that `writers` have written, or the deadline has passed.
Verdict wait_for_all(const Loki& loki, const std::vector<const LogWriter*>& writers,
                     std::chrono::milliseconds deadline = kPatience);

}  // namespace lokitail::test
