// A regular expression as a table of what each next byte leads to, if it is one that can be matched
// in one pass with its groups.
//
// A state stands for the nodes of the program that may take the next byte, the best first. All
// have come the same way, as far as tags go, so that one set of tags is enough: what sets a node
// apart is only the tags between the last byte and it. Where several nodes take a byte, they have
// to have the same of these tags, or what a worse one leads to has to be among what a better one
// leads to. Where this does not hold the pattern is not one-pass. Nothing that is worse than a
// match matters.
//
// Threads: pure function; tables are immutable.
// Errors:  throws Beyond.
// Source:  RE2's onepass.cc has the idea; it asks for a single node that takes the byte.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/lang/one_pass/byte_run.h"
#include "pipeline/lang/one_pass/program.h"

namespace lokitail::pipeline::lang::one_pass {

struct Table {
  static constexpr std::uint32_t kDead = 0;  // the row that nothing matches from
  static constexpr std::uint16_t kNone = 0xFFFF;

  // To another state.
  struct Step {
    std::uint32_t row = kDead;  // where the state's steps begin
    std::uint16_t tags = 0;     // set before the byte
    std::uint16_t trait = 0;    // of the state that is entered
  };
  // What is to be done in a state besides the next step. The first trait: nothing.
  struct Trait {
    std::uint16_t run = kNone;     // bytes that lead back to it, and set no tags
    std::uint16_t match = kNone;   // it is a match, once these tags are set
    std::uint16_t at_end = kNone;  // the same at the end of the text
    bool operator==(const Trait&) const = default;
  };

  std::array<std::uint8_t, 256> columns{};  // which step of a row a byte takes
  std::vector<Step> steps;
  std::vector<Trait> traits;
  std::vector<std::uint64_t> tags;  // sets of tags, the first empty
  std::vector<ByteRun> runs;
  Step start;
  std::uint32_t groups = 0;
};

// Throws Beyond also where a match could begin elsewhere than at the beginning of a text.
Table tabulate(const Program& program);

}  // namespace lokitail::pipeline::lang::one_pass
