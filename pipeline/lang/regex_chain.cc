#include "pipeline/lang/regex_chain.h"

#include <re2/set.h>

#include <algorithm>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {

class RegexChain::Set {
 public:
  explicit Set(const std::vector<const Regex*>& expressions)
      : set_(expressions.front()->re2().options(), RE2::UNANCHORED) {
    for (const Regex* const each : expressions) sound_ &= set_.Add(each->re2().pattern(), nullptr) >= 0;
    sound_ = sound_ && set_.Compile();
  }

  bool may_match(std::string_view text) const {
    if (!sound_) return true;
    // Without a vector for which of them: it stops at the first and takes no memory.
    RE2::Set::ErrorInfo problem{};
    return set_.Match({text.data(), text.size()}, nullptr, &problem) || problem.kind != RE2::Set::kNoError;
  }

 private:
  RE2::Set set_;
  bool sound_ = true;
};

RegexChain::RegexChain(const std::vector<const Regex*>& expressions)
    : set_(std::make_unique<const Set>(expressions)) {}

RegexChain::~RegexChain() = default;

bool RegexChain::is_chainable(const Regex& regex) { return !regex.is_told_quickly(); }

// What is no UTF-8 an expression is asked about in another form (regex.h).
bool RegexChain::ask(std::string_view text) const { return !is_utf8(text) || set_->may_match(text); }

void RegexChains::add(std::optional<Symbol> source, ChainedRegex& expression) {
  if (!RegexChain::is_chainable(expression.regex())) return;
  auto found = std::ranges::find(chains_, source, &Chain::source);
  if (found == chains_.end()) found = chains_.insert(found, Chain{source, {}, nullptr});
  found->expressions.push_back(&expression);
}

bool RegexChains::finish() {
  std::erase_if(chains_, [](const Chain& chain) { return chain.expressions.size() < 2; });
  for (Chain& chain : chains_) {
    std::vector<const Regex*> expressions;
    for (const ChainedRegex* const each : chain.expressions) expressions.push_back(&each->regex());
    chain.chain = std::make_unique<RegexChain>(expressions);
    for (ChainedRegex* const each : chain.expressions) each->join(*chain.chain);
  }
  return !chains_.empty();
}

}  // namespace lokitail::pipeline::lang
