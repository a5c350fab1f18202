// Matches a regular expression in one pass over the text, and fills all groups on the way.
//
// RE2 has a matcher of this kind, for four groups at most; with more of them it backtracks, which
// takes three times as long and memory for each text. This one takes up to 32 groups, needs no
// memory per text, and goes through runs of a class sixteen bytes at a time. What it takes it
// matches exactly as RE2 does. It takes patterns that match at the beginning of a text only, that
// are one-pass (one_pass/table.h) and that use nothing rare (one_pass/syntax.h).
//
// Threads: immutable; any thread.
// Errors:  compile() has none for a pattern that is not for it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace lokitail::pipeline::lang {

namespace one_pass {
struct Table;
}

class OnePass {
 public:
  enum class Anchoring {
    kBegin,
    kWhole,  // up to the end of the text as well
  };

  // Null if RE2 has to do it. REQUIRES: RE2 takes the pattern.
  static std::unique_ptr<const OnePass> compile(std::string_view pattern,
                                                Anchoring anchoring = Anchoring::kBegin);
  ~OnePass();

  // Fills `groups`, which may be fewer or more than there are: the whole match and then the groups,
  // as views into the text. A group that took no part, and one that there is not, has no data(); a
  // group that took part several times is what it was the last time. Without a match they stay as
  // they are. REQUIRES: the text is valid UTF-8.
  bool match(std::string_view text, std::span<std::string_view> groups) const;

 private:
  explicit OnePass(one_pass::Table table);

  std::unique_ptr<const one_pass::Table> table_;
};

}  // namespace lokitail::pipeline::lang
