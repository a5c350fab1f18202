// Selectors: the part of LogQL that the stage `match` speaks. {app="web", env!~"dev|test"} says
// which labels an entry must have; line filters behind it, such as |= "error" !~ "^DEBUG", what its
// line must be like.
//
// Threads: a selector belongs to one thread.
// Errors:  the constructor throws std::invalid_argument, "parse error at line L, col C: ...".
// Source:  Promtail's own small parser (clients/pkg/logentry/logql), which knows less than Loki's:
//          strings in double quotes only, at least one matcher, no comma at the end, nothing but
//          line filters behind the braces. Comments are those of Go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/labels.h"
#include "pipeline/lang/regex.h"
#include "pipeline/lang/regex_chain.h"
#include "pipeline/symbol_table.h"

namespace lokitail::pipeline::lang {

class Selector {
 public:
  Selector(std::string_view text, SymbolTable& symbols);

  // A label that is missing counts as empty.
  bool matches(const Labels& labels, std::string_view line);

  // Has the line filters with regular expressions asked together with others. REQUIRES: the selector does not move any
  // more, and outlives the chains.
  void join(RegexChains& chains);

  // The tests of labels one by one, for who asks what could ever pass.
  std::size_t label_tests() const { return matchers_.size(); }
  Symbol tested_label(std::size_t test) const { return matchers_[test].label; }
  bool accepts(std::size_t test, std::string_view value) const { return passes(value, matchers_[test].test); }

 private:
  class Parser;

  // An operation and its right-hand side. The text counts unless there is a regular expression.
  struct Test {
    bool negated = false;
    std::string text{};
    std::optional<ChainedRegex> regex{};
  };
  struct LabelTest {
    Symbol label;
    Test test;
    // What came out last, since lines of one stream come in rows. Of regular expressions only.
    std::uint64_t last_hash = 0;
    std::optional<bool> last_result{};
  };

  static bool passes(const Labels& labels, LabelTest& matcher);
  static bool passes(std::string_view value, const Test& test);
  static bool contains(std::string_view line, const Test& filter);

  std::vector<LabelTest> matchers_;
  std::vector<Test> filters_;  // in the order given
};

}  // namespace lokitail::pipeline::lang
