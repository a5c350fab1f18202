#include "pipeline/lang/required_text.h"

#include <utility>

#include "pipeline/lang/one_pass/syntax.h"

namespace lokitail::pipeline::lang {
namespace {

using one_pass::Syntax;

// Walks along what has to be matched one after the other.
class Walk {
 public:
  void over(const Syntax& syntax) {
    switch (syntax.kind) {
      case Syntax::Kind::kCharacter:
        return character(syntax);
      case Syntax::Kind::kBegin:
      case Syntax::Kind::kEnd:
        return;
      case Syntax::Kind::kSequence:
      case Syntax::Kind::kGroup:
        for (const Syntax& part : syntax.parts) over(part);
        return;
      case Syntax::Kind::kRepeat:
        return repeat(syntax);
      case Syntax::Kind::kChoice:
        return gap();
    }
  }
  std::string longest() {
    gap();
    return std::move(longest_);
  }

 private:
  void character(const Syntax& syntax) {
    const auto& ranges = syntax.set.ranges();
    if (ranges.size() != 1 || ranges[0].first != ranges[0].last) return gap();
    const auto sequences = one_pass::utf8_sequences(ranges[0]);
    if (sequences.size() != 1) return gap();
    for (const one_pass::ByteRange& byte : sequences[0]) run_ += static_cast<char>(byte.first);
  }

  // What comes first and last of it may stand further on than once.
  void repeat(const Syntax& syntax) {
    if (syntax.least > 0) {
      for (const Syntax& part : syntax.parts) over(part);
    }
    gap();
  }

  void gap() {
    if (run_.size() > longest_.size()) longest_ = run_;
    run_.clear();
  }

  std::string run_;
  std::string longest_;
};

}  // namespace

std::string required_text(std::string_view pattern) {
  Walk walk;
  try {
    walk.over(one_pass::parse(pattern));
  } catch (const one_pass::Beyond&) {
    return {};
  }
  return walk.longest();
}

}  // namespace lokitail::pipeline::lang
