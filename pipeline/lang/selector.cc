#include "pipeline/lang/selector.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "config/ascii.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/lang/go_template/unquote.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {
namespace {

enum class Kind { kEnd, kName, kString, kSymbol };

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text{};  // as written
  std::size_t at = 0;
};

// How many bytes the letter or underscore takes that a text begins with; 0 where there is none.
std::size_t letter_size(std::string_view text) {
  if (text.empty()) return 0;
  const Character first = first_character(text);
  return first.code == '_' || go_template::is_letter(first.code) ? first.size : 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next() {
    skip_blanks_and_comments();
    if (at_ == text_.size()) return {Kind::kEnd, {}, at_};
    if (text_[at_] == '"') return take(Kind::kString, string_size());
    if (letter_size(rest()) != 0) return take(Kind::kName, name_size());
    if (is_digit(text_[at_])) return take(Kind::kName, number_size());
    for (const std::string_view symbol : {"!=", "=~", "!~", "|=", "|~"}) {
      if (rest().starts_with(symbol)) return take(Kind::kSymbol, symbol.size());
    }
    return take(Kind::kSymbol, first_character(rest()).size);
  }

  [[noreturn]] void fail(std::size_t at, std::string_view problem) const {
    const std::string_view before = text_.substr(0, at);
    const auto lines = std::ranges::count(before, '\n');
    const std::size_t line_start = before.rfind('\n') + 1;  // 0 where there is none
    throw std::invalid_argument("parse error at line " + std::to_string(lines + 1) + ", col " +
                                std::to_string(at - line_start + 1) + ": " + std::string(problem));
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  Token take(Kind kind, std::size_t size) {
    const Token token{kind, text_.substr(at_, size), at_};
    at_ += size;
    return token;
  }

  void skip_blanks_and_comments() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (rest().starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest().starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) fail(at_, "comment not terminated");
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  std::size_t name_size() const {
    const std::string_view name = rest();
    std::size_t size = 0;
    while (size < name.size()) {
      const std::size_t more = is_digit(name[size]) ? 1 : letter_size(name.substr(size));
      if (more == 0) break;
      size += more;
    }
    return size;
  }

  // To Promtail's parser a number is a name as well, and labels from static_configs may have such.
  std::size_t number_size() const {
    const auto size = std::min(rest().find_first_not_of("0123456789"), rest().size());
    const bool octal = rest().front() == '0';
    const bool good = !octal || rest().substr(0, size).find_first_of("89") == std::string_view::npos;
    const std::string_view behind = rest().substr(size);
    const bool goes_on = letter_size(behind) != 0 || behind.starts_with('.');
    if (!good || goes_on) fail(at_, "syntax error: unexpected number, expecting a label name");
    return size;
  }

  // With both quotes.
  std::size_t string_size() const {
    for (std::size_t end = at_ + 1; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] == '"') return end + 1 - at_;
      if (text_[end] == '\\') ++end;
    }
    fail(at_, "literal not terminated");
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

class Selector::Parser {
 public:
  Parser(std::string_view text, SymbolTable& symbols) : lexer_(text), symbols_(symbols) { advance(); }

  void parse(Selector& selector) {
    expect("{");
    selector.matchers_.push_back(parse_matcher());
    while (token_.text == ",") {
      advance();
      selector.matchers_.push_back(parse_matcher());
    }
    expect("}");
    while (token_.kind != Kind::kEnd) selector.filters_.push_back(parse_filter());
  }

 private:
  void advance() { token_ = lexer_.next(); }

  void expect(std::string_view symbol) {
    if (token_.kind != Kind::kSymbol || token_.text != symbol) fail(symbol);
    advance();
  }

  [[noreturn]] void fail(std::string_view expected) const {
    const std::string found = token_.kind == Kind::kEnd ? "end of text" : std::string(token_.text);
    lexer_.fail(token_.at, "syntax error: unexpected " + found + ", expecting " + std::string(expected));
  }

  LabelTest parse_matcher() {
    if (token_.kind != Kind::kName) fail("a label name");
    const Symbol label = symbols_.intern(token_.text);
    advance();
    const std::string_view operation = token_.text;
    const bool known = operation == "=" || operation == "!=" || operation == "=~" || operation == "!~";
    if (!known) fail("= or != or =~ or !~");
    advance();
    return {label, parse_test(operation, Regex::Anchoring::kWhole)};
  }

  Test parse_filter() {
    const std::string_view operation = token_.text;
    const bool known = operation == "|=" || operation == "!=" || operation == "|~" || operation == "!~";
    if (!known) fail("|= or != or |~ or !~");
    advance();
    return parse_test(operation, Regex::Anchoring::kNone);
  }

  Test parse_test(std::string_view operation, Regex::Anchoring anchoring) {
    if (token_.kind != Kind::kString) fail("a string in double quotes");
    auto text = go_template::unquote(token_.text);
    if (!text) lexer_.fail(token_.at, "invalid syntax");
    Test test{operation.starts_with('!'), std::move(*text)};
    if (operation.ends_with('~')) test.regex.emplace(compile(test.text, anchoring));
    advance();
    return test;
  }

  Regex compile(const std::string& pattern, Regex::Anchoring anchoring) const {
    try {
      // Unlike a relabel rule's, a pattern for labels has to be one by itself: `a)(b` is none.
      if (anchoring == Regex::Anchoring::kWhole) const Regex alone(pattern);
      return Regex(pattern, anchoring);
    } catch (const std::invalid_argument& error) {
      lexer_.fail(token_.at, error.what());
    }
  }

  Lexer lexer_;
  Token token_;
  SymbolTable& symbols_;
};

Selector::Selector(std::string_view text, SymbolTable& symbols) { Parser(text, symbols).parse(*this); }

bool Selector::matches(const Labels& labels, std::string_view line) {
  return std::ranges::all_of(matchers_, [&](LabelTest& test) { return passes(labels, test); }) &&
         std::ranges::all_of(filters_, [&](const Test& test) { return contains(line, test); });
}

bool Selector::passes(const Labels& labels, LabelTest& matcher) {
  const Label* const label = labels.find(matcher.label);
  const std::string_view value = label == nullptr ? std::string_view() : label->value;
  const Test& test = matcher.test;
  if (!test.regex) return passes(value, test);
  const std::uint64_t hash = label == nullptr ? 0 : label->hash;
  if (!matcher.last_result || matcher.last_hash != hash) {
    matcher.last_hash = hash;
    matcher.last_result = passes(value, test);
  }
  return *matcher.last_result;
}

bool Selector::passes(std::string_view value, const Test& test) {
  return (test.regex ? test.regex->matches(value) : value == test.text) != test.negated;
}

void Selector::join(RegexChains& chains) {
  for (Test& filter : filters_) {
    if (filter.regex) chains.add(std::nullopt, *filter.regex);
  }
}

bool Selector::contains(std::string_view line, const Test& filter) {
  if (filter.regex) return filter.regex->matches(line) != filter.negated;
  const bool found = memmem(line.data(), line.size(), filter.text.data(), filter.text.size());
  return found != filter.negated;
}

}  // namespace lokitail::pipeline::lang
