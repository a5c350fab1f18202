// Several regular expressions that are asked about the same text, one after the other: as a rule none of them matches,
// which one pass over the text tells of all.
//
// Threads: belongs to one thread.
// Errors:  none; what RE2 cannot tell, for want of memory, the expressions are asked themselves.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/lang/regex.h"
#include "pipeline/symbol_table.h"

namespace lokitail::pipeline::lang {

class RegexChain {
 public:
  // REQUIRES: expressions that is_chainable() takes.
  explicit RegexChain(const std::vector<const Regex*>& expressions);
  RegexChain(const RegexChain&) = delete;
  RegexChain& operator=(const RegexChain&) = delete;
  ~RegexChain();

  // Those that are not told quickly in another way: by a text that they need, or in one pass.
  static bool is_chainable(const Regex& regex);

  // A new text comes.
  void begin() { answer_.reset(); }

  // False where none of the expressions matches the text, which is the same for all calls since begin().
  bool may_match(std::string_view text) {
    if (!answer_) answer_ = ask(text);
    return *answer_;
  }

 private:
  class Set;

  bool ask(std::string_view text) const;

  std::unique_ptr<const Set> set_;
  std::optional<bool> answer_;
};

// An expression, and the chain that it is part of, if any.
class ChainedRegex {
 public:
  explicit ChainedRegex(Regex regex) : regex_(std::move(regex)) {}

  bool matches(std::string_view text) const {
    return (chain_ == nullptr || chain_->may_match(text)) && regex_.matches(text);
  }

  const Regex& regex() const { return regex_; }
  void join(RegexChain& chain) { chain_ = &chain; }

 private:
  Regex regex_;
  RegexChain* chain_ = nullptr;
};

// The chains of stages that follow each other and leave an entry as it is.
class RegexChains {
 public:
  // An expression that is asked about the line, or about what was extracted as `source`.
  // REQUIRES: it outlives this and does not move.
  void add(std::optional<Symbol> source, ChainedRegex& expression);

  // After the last add(): expressions about the same text are chained where there are several. Says whether any are.
  bool finish();

  // A new entry comes.
  void begin() {
    for (Chain& chain : chains_) chain.chain->begin();
  }

 private:
  struct Chain {
    std::optional<Symbol> source;
    std::vector<ChainedRegex*> expressions;
    std::unique_ptr<RegexChain> chain;
  };
  std::vector<Chain> chains_;
};

}  // namespace lokitail::pipeline::lang
