// The tree of a regular expression as a graph: nodes that take a byte, and between them nodes that
// take none. What RE2 and Go call a program.
//
// Threads: pure function.
// Errors:  throws Beyond for what is too large.
// Source:  Thompson's construction; priorities as in Russ Cox, "Regular Expression Matching: the
//          Virtual Machine Approach".
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "pipeline/lang/one_pass/syntax.h"

namespace lokitail::pipeline::lang::one_pass {

using ByteSet = std::bitset<256>;

struct Node {
  enum class Kind : std::uint8_t {
    kBytes,  // takes a byte of the set `value`
    kSplit,  // goes to `next`, or else to `other`
    kTag,    // marks the place as tag `value`
    kBegin,
    kEnd,
    kMatch,
  };

  Kind kind = Kind::kMatch;
  std::uint32_t value = 0;
  std::uint32_t next = 0;
  std::uint32_t other = 0;
};

struct Program {
  // Tags 2n - 2 and 2n - 1 are where group n begins and ends.
  static constexpr std::uint32_t kMostGroups = 32;

  std::vector<Node> nodes;
  std::vector<ByteSet> sets;  // no two are equal
  std::uint32_t start = 0;
  std::uint32_t groups = 0;
};

Program compile(const Syntax& syntax);

}  // namespace lokitail::pipeline::lang::one_pass
