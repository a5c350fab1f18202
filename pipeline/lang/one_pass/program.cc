#include "pipeline/lang/one_pass/program.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace lokitail::pipeline::lang::one_pass {
namespace {

using Kind = Syntax::Kind;

constexpr std::uint32_t kFirstBeyondAscii = 0x80;

// From the end to the start: each part is told what comes behind it.
class Compiler {
 public:
  Program compile(const Syntax& syntax) {
    const std::uint32_t match = add({.kind = Node::Kind::kMatch});
    program_.start = before(match, syntax);
    return std::move(program_);
  }

 private:
  std::uint32_t add(Node node) {
    constexpr std::size_t kMostNodes = 4000;
    if (program_.nodes.size() == kMostNodes) throw Beyond();
    program_.nodes.push_back(node);
    return static_cast<std::uint32_t>(program_.nodes.size() - 1);
  }

  std::uint32_t before(std::uint32_t next, const Syntax& syntax) {
    switch (syntax.kind) {
      case Kind::kCharacter:
        return character(next, syntax.set);
      case Kind::kBegin:
        return add({.kind = Node::Kind::kBegin, .next = next});
      case Kind::kEnd:
        return add({.kind = Node::Kind::kEnd, .next = next});
      case Kind::kSequence:
        for (auto part = syntax.parts.rbegin(); part != syntax.parts.rend(); ++part) {
          next = before(next, *part);
        }
        return next;
      case Kind::kChoice: {
        std::uint32_t start = before(next, syntax.parts.back());
        for (auto part = syntax.parts.rbegin() + 1; part != syntax.parts.rend(); ++part) {
          start = split(before(next, *part), start);
        }
        return start;
      }
      case Kind::kGroup:
        return group(next, syntax);
      case Kind::kRepeat:
        return repeat(next, syntax);
    }
    throw Beyond();
  }

  std::uint32_t split(std::uint32_t better, std::uint32_t worse) {
    return add({.kind = Node::Kind::kSplit, .next = better, .other = worse});
  }

  std::uint32_t group(std::uint32_t next, const Syntax& syntax) {
    if (syntax.group > Program::kMostGroups) throw Beyond();
    program_.groups = std::max(program_.groups, syntax.group);
    const std::uint32_t begin_tag = 2 * syntax.group - 2;
    const std::uint32_t end = add({.kind = Node::Kind::kTag, .value = begin_tag + 1, .next = next});
    const std::uint32_t inside = before(end, syntax.parts.front());
    return add({.kind = Node::Kind::kTag, .value = begin_tag, .next = inside});
  }

  std::uint32_t repeat(std::uint32_t next, const Syntax& syntax) {
    const Syntax& part = syntax.parts.front();
    const auto choose = [&](std::uint32_t once_more, std::uint32_t enough) {
      return syntax.greedy ? split(once_more, enough) : split(enough, once_more);
    };
    std::uint32_t start = next;
    int least = syntax.least;
    if (syntax.most == Syntax::kNoLimit) {
      // Both arms are known only once the part, which leads back here, has been made.
      const std::uint32_t again = split(0, 0);
      const std::uint32_t once_more = before(again, part);
      Node& loop = program_.nodes[again];
      loop.next = syntax.greedy ? once_more : next;
      loop.other = syntax.greedy ? next : once_more;
      start = least > 0 ? once_more : again;
      least = std::max(least - 1, 0);
    } else {
      for (int i = least; i < syntax.most; ++i) start = choose(before(start, part), next);
    }
    for (int i = 0; i < least; ++i) start = before(start, part);
    return start;
  }

  std::uint32_t character(std::uint32_t next, const CodeSet& set) {
    ByteSet ascii;
    std::vector<std::uint32_t> ways;
    // Sequences that end alike share their ends.
    std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint32_t>, std::uint32_t> known;
    for (const CodeSet::Range& range : set.ranges()) {
      for (char32_t code = range.first; code <= range.last && code < kFirstBeyondAscii; ++code) {
        ascii.set(code);
      }
      if (range.last < kFirstBeyondAscii) continue;
      const char32_t first = std::max<char32_t>(range.first, kFirstBeyondAscii);
      for (const ByteRanges& sequence : utf8_sequences({first, range.last})) {
        std::uint32_t start = next;
        for (auto bytes = sequence.rbegin(); bytes != sequence.rend(); ++bytes) {
          const auto [place, is_new] = known.try_emplace({bytes->first, bytes->last, start});
          if (is_new) place->second = take(range_of(*bytes), start);
          start = place->second;
        }
        ways.push_back(start);
      }
    }
    // Without any it is a set that nothing is in.
    if (ascii.any() || ways.empty()) ways.push_back(take(ascii, next));
    std::uint32_t start = ways.back();
    for (auto way = ways.rbegin() + 1; way != ways.rend(); ++way) start = split(*way, start);
    return start;
  }

  static ByteSet range_of(ByteRange range) {
    ByteSet set;
    for (std::size_t byte = range.first; byte <= range.last; ++byte) set.set(byte);
    return set;
  }

  std::uint32_t take(const ByteSet& set, std::uint32_t next) {
    const auto known = std::ranges::find(program_.sets, set);
    const auto index = static_cast<std::uint32_t>(known - program_.sets.begin());
    if (known == program_.sets.end()) program_.sets.push_back(set);
    return add({.kind = Node::Kind::kBytes, .value = index, .next = next});
  }

  Program program_;
};

}  // namespace

Program compile(const Syntax& syntax) { return Compiler().compile(syntax); }

}  // namespace lokitail::pipeline::lang::one_pass
