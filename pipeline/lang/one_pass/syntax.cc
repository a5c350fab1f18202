#include "pipeline/lang/one_pass/syntax.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "config/ascii.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::one_pass {
namespace {

using Kind = Syntax::Kind;

CodeSet set_of(std::initializer_list<CodeSet::Range> ranges) {
  CodeSet set;
  for (const CodeSet::Range& range : ranges) set.add(range);
  return set;
}

// \d and its like, by their lower letter.
std::optional<CodeSet> perl_class(char letter) {
  switch (letter) {
    case 'd':
      return set_of({{'0', '9'}});
    case 's':
      return set_of({{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}});
    case 'w':
      return set_of({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
    default:
      return std::nullopt;
  }
}

// [:alpha:] and its like.
std::optional<CodeSet> posix_class(std::string_view name) {
  const struct {
    std::string_view name;
    CodeSet set;
  } classes[] = {
      {"alnum", set_of({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}})},
      {"alpha", set_of({{'A', 'Z'}, {'a', 'z'}})},
      {"ascii", set_of({{0, 0x7F}})},
      {"blank", set_of({{'\t', '\t'}, {' ', ' '}})},
      {"cntrl", set_of({{0, 0x1F}, {0x7F, 0x7F}})},
      {"digit", set_of({{'0', '9'}})},
      {"graph", set_of({{'!', '~'}})},
      {"lower", set_of({{'a', 'z'}})},
      {"print", set_of({{' ', '~'}})},
      {"punct", set_of({{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}})},
      {"space", set_of({{'\t', '\r'}, {' ', ' '}})},
      {"upper", set_of({{'A', 'Z'}})},
      {"word", set_of({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}})},
      {"xdigit", set_of({{'0', '9'}, {'A', 'F'}, {'a', 'f'}})},
  };
  for (const auto& known : classes) {
    if (known.name == name) return known.set;
  }
  return std::nullopt;
}

char to_lower(char c) { return static_cast<char>(c | 0x20); }

class Parser {
 public:
  explicit Parser(std::string_view pattern) : rest_(pattern) {}

  Syntax parse() {
    Syntax all = choice();
    if (!rest_.empty()) throw Beyond();
    return all;
  }

 private:
  struct Flags {
    bool fold = false;  // letters of either case
    bool all = false;   // a dot is a newline, too
  };
  struct Count {
    int least;
    int most;
    std::size_t size;  // of what was read
  };

  static Syntax character(CodeSet set) { return {.kind = Kind::kCharacter, .set = std::move(set)}; }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  Syntax choice() {
    constexpr int kDeepest = 100;
    if (++depth_ > kDeepest) throw Beyond();
    const Flags outer = flags_;
    Syntax result{.kind = Kind::kChoice};
    do {
      result.parts.push_back(sequence());
    } while (take("|"));
    flags_ = outer;
    --depth_;
    if (result.parts.size() > 1) return result;
    Syntax only = std::move(result.parts.front());
    return only;
  }

  Syntax sequence() {
    Syntax result{.kind = Kind::kSequence};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      if (std::optional<Syntax> next = atom()) {
        result.parts.push_back(repeated(*std::move(next)));
      } else if (count()) {
        throw Beyond();  // RE2 repeats what stands before the flags
      }
    }
    return result;
  }

  Syntax repeated(Syntax part) {
    const std::optional<Count> times = count();
    if (!times) return part;
    rest_.remove_prefix(times->size);
    const bool greedy = !take("?");
    if (count()) throw Beyond();
    // What matches nothing time and again: RE2's rules for that are its own.
    if (times->most != 0 && times->most != 1 && can_be_empty(part)) throw Beyond();
    Syntax result{.kind = Kind::kRepeat};
    result.least = times->least;
    result.most = times->most;
    result.greedy = greedy;
    result.parts.push_back(std::move(part));
    return result;
  }

  std::optional<Count> count() const {
    if (rest_.starts_with('*')) return Count{0, Syntax::kNoLimit, 1};
    if (rest_.starts_with('+')) return Count{1, Syntax::kNoLimit, 1};
    if (rest_.starts_with('?')) return Count{0, 1, 1};
    if (!rest_.starts_with('{')) return std::nullopt;
    // Where it is no count it is text.
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view inside = rest_.substr(1, end - 1);
    const std::size_t comma = std::min(inside.find(','), inside.size());
    const std::optional<int> least = number(inside.substr(0, comma));
    if (!least) return std::nullopt;
    if (comma == inside.size()) return Count{*least, *least, end + 1};
    const std::string_view upper = inside.substr(comma + 1);
    if (upper.empty()) return Count{*least, Syntax::kNoLimit, end + 1};
    const std::optional<int> most = number(upper);
    if (!most) return std::nullopt;
    if (*most < *least) throw Beyond();
    return Count{*least, *most, end + 1};
  }

  static std::optional<int> number(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') throw Beyond();
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) throw Beyond();
    return value;
  }

  // None for what only sets flags.
  std::optional<Syntax> atom() {
    if (take("(")) return group();
    if (take("^")) return Syntax{.kind = Kind::kBegin};
    if (take("$")) return Syntax{.kind = Kind::kEnd};
    if (take("\\A")) return Syntax{.kind = Kind::kBegin};
    if (take("\\z")) return Syntax{.kind = Kind::kEnd};
    if (take("[")) return character(bracketed());
    if (take(".")) {
      if (flags_.all) return character({0, CodeSet::kLargest});
      return character(set_of({{0, '\n' - 1}, {'\n' + 1, CodeSet::kLargest}}));
    }
    if (std::optional<CodeSet> known = escaped_class()) return character(*std::move(known));
    const char32_t code = rest_.starts_with('\\') ? escape() : plain();
    return character(folded({code, code}));
  }

  CodeSet folded(CodeSet set) const {
    if (flags_.fold) set.fold();
    return set;
  }

  std::optional<Syntax> group() {
    if (!take("?")) {
      Syntax result{.kind = Kind::kGroup};
      result.group = ++groups_;
      result.parts.push_back(choice());
      if (!take(")")) throw Beyond();
      return result;
    }
    const Flags outer = flags_;
    bool value = true;
    for (;;) {
      if (take("i")) {
        flags_.fold = value;
      } else if (take("s")) {
        flags_.all = value;
      } else if (value && take("-")) {
        value = false;
      } else {
        break;
      }
    }
    if (take(")")) return std::nullopt;
    if (!take(":")) throw Beyond();
    Syntax inside = choice();
    if (!take(")")) throw Beyond();
    flags_ = outer;
    return inside;
  }

  // Behind its opening bracket.
  CodeSet bracketed() {
    CodeSet set;
    const bool negated = take("^");
    for (bool first = true; first || !rest_.starts_with(']'); first = false) {
      if (rest_.starts_with("[:")) {
        set.add(posix());
      } else if (const std::optional<CodeSet> known = escaped_class()) {
        set.add(*known);
      } else {
        const char32_t low = bracketed_character();
        char32_t high = low;
        if (rest_.starts_with('-') && !rest_.starts_with("-]")) {
          take("-");
          high = bracketed_character();
        }
        if (high < low) throw Beyond();
        set.add(folded({low, high}));
      }
    }
    take("]");
    if (negated) set.negate();
    return set;
  }

  char32_t bracketed_character() { return rest_.starts_with('\\') ? escape() : plain(); }

  CodeSet posix() {
    const std::size_t end = rest_.find(":]");
    if (end == std::string_view::npos) throw Beyond();
    std::string_view name = rest_.substr(2, end - 2);
    const bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    std::optional<CodeSet> set = posix_class(name);
    if (!set) throw Beyond();
    rest_.remove_prefix(end + 2);
    return finished(*std::move(set), negated);
  }

  std::optional<CodeSet> escaped_class() {
    if (rest_.size() < 2 || rest_.front() != '\\' || !is_letter(rest_[1])) return std::nullopt;
    std::optional<CodeSet> set = perl_class(to_lower(rest_[1]));
    if (!set) return std::nullopt;
    const bool negated = is_upper(rest_[1]);
    rest_.remove_prefix(2);
    return finished(*std::move(set), negated);
  }

  CodeSet finished(CodeSet set, bool negated) const {
    set = folded(std::move(set));
    if (negated) set.negate();
    return set;
  }

  char32_t plain() {
    if (rest_.empty()) throw Beyond();
    const Character character = first_character(rest_);
    rest_.remove_prefix(character.size);
    if (!character.valid) throw Beyond();
    return character.code;
  }

  char32_t escape() {
    if (rest_.size() < 2) throw Beyond();
    const char c = rest_[1];
    rest_.remove_prefix(2);
    switch (c) {
      case 'a':
        return '\a';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'v':
        return '\v';
      case 'x':
        return hexadecimal();
      default:
        break;
    }
    const bool punctuation = c > 0 && !is_letter(c) && !is_digit(c) && c != '_';
    if (!punctuation) throw Beyond();
    return static_cast<unsigned char>(c);
  }

  // Behind \x: two digits, or up to six in braces.
  char32_t hexadecimal() {
    std::size_t size = 2;
    const bool braced = take("{");
    if (braced) size = rest_.find('}');
    constexpr std::size_t kMostDigits = 6;
    if (size == 0 || size > kMostDigits || size > rest_.size()) throw Beyond();
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + size, code, 16);
    if (error != std::errc() || end != rest_.data() + size || code > CodeSet::kLargest) {
      throw Beyond();
    }
    rest_.remove_prefix(size + (braced ? 1 : 0));
    return code;
  }

  std::string_view rest_;
  Flags flags_;
  std::uint32_t groups_ = 0;
  int depth_ = 0;
};

}  // namespace

Syntax parse(std::string_view pattern) { return Parser(pattern).parse(); }

bool can_be_empty(const Syntax& syntax) {
  switch (syntax.kind) {
    case Kind::kCharacter:
      return false;
    case Kind::kBegin:
    case Kind::kEnd:
      return true;
    case Kind::kSequence:
    case Kind::kGroup:
      return std::ranges::all_of(syntax.parts, can_be_empty);
    case Kind::kChoice:
      return std::ranges::any_of(syntax.parts, can_be_empty);
    case Kind::kRepeat:
      return syntax.least == 0 || can_be_empty(syntax.parts.front());
  }
  return true;
}

}  // namespace lokitail::pipeline::lang::one_pass
