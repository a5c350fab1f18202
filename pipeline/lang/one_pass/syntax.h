// A regular expression as a tree, for the one-pass matcher.
//
// Known are characters, classes, groups, choices, repetitions, ^ $ \A \z and the flags i and s. For
// all else, and where it is not certain what RE2 makes of it, the pattern is left to RE2.
//
// Threads: pure function.
// Errors:  throws Beyond. REQUIRES: RE2 takes the pattern; what is wrong with one is not looked
// for. Source:  RE2's syntax.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/lang/one_pass/code_set.h"

namespace lokitail::pipeline::lang::one_pass {

struct Syntax {
  enum class Kind : std::uint8_t {
    kCharacter,  // one of `set`
    kBegin,      // of the text
    kEnd,        // of the text
    kSequence,   // all of `parts`, in order
    kChoice,     // one of `parts`, the earlier the better
    kGroup,      // captures its part as number `group`
    kRepeat,     // its part `least` to `most` times
  };
  static constexpr int kNoLimit = -1;

  Kind kind = Kind::kSequence;
  CodeSet set{};
  std::vector<Syntax> parts{};
  std::uint32_t group = 0;
  int least = 0;
  int most = kNoLimit;
  bool greedy = true;
};

Syntax parse(std::string_view pattern);

// Whether it can match the empty text.
bool can_be_empty(const Syntax& syntax);

}  // namespace lokitail::pipeline::lang::one_pass
