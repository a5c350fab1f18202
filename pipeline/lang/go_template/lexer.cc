#include "pipeline/lang/go_template/lexer.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "config/ascii.h"
#include "pipeline/label_text.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kDigits = "0123456789_";
constexpr std::array<std::string_view, 10> kKeywords = {"block", "break", "continue", "define",   "else",
                                                        "end",   "if",    "range",    "template", "with"};

// How many bytes the letter, digit or underscore has that a text begins with; 0 if it begins with none.
std::size_t word_character(std::string_view text) {
  if (text.empty()) return 0;
  const Character character = first_character(text);
  const bool fits = character.code == '_' || is_letter(character.code) || is_decimal_digit(character.code);
  return fits ? character.size : 0;
}

// How many of the bytes that a text begins with make a word.
std::size_t word_size(std::string_view text) {
  std::size_t size = 0;
  while (const std::size_t next = word_character(text.substr(size))) size += next;
  return size;
}

bool is_space(char c) { return kSpaces.find(c) != std::string_view::npos; }

std::string_view trim_left(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kSpaces), text.size()));
}

std::string_view trim_right(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

// "{{- " before a space trims the text before it.
bool has_left_trim_marker(std::string_view behind_delimiter) {
  return behind_delimiter.size() >= 2 && behind_delimiter[0] == '-' && is_space(behind_delimiter[1]);
}

// " -}}" trims the text behind it.
bool has_right_trim_marker(std::string_view text) {
  return text.size() >= 2 && is_space(text[0]) && text[1] == '-';
}

}  // namespace

Token Lexer::make(Kind kind, std::size_t end) {
  const Token token{kind, text_.substr(position_, end - position_), line_};
  line_ += static_cast<int>(std::ranges::count(token.text, '\n'));
  position_ = end;
  return token;
}

Token Lexer::fail(std::string message) {
  failed_ = true;
  error_ = std::move(message);
  return {Kind::kError, error_, line_};
}

Token Lexer::fail_at_character(const char* message) {
  const Character character = rest().empty() ? Character{} : first_character(rest());
  char code[16];
  std::snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(character.code));
  return fail(std::string(message) + code + " '" + std::string(rest().substr(0, character.size)) + "'");
}

Token Lexer::next() {
  if (failed_) return {Kind::kError, error_, line_};
  return inside_ ? inside() : outside();
}

Token Lexer::outside() {
  while (true) {
    const std::size_t start = std::min(rest().find("{{"), rest().size());
    const bool at_action = start < rest().size();
    const bool trims = at_action && has_left_trim_marker(rest().substr(start + 2));
    if (start > 0) {
      Token token = make(Kind::kText, position_ + start);
      if (trim_next_) token.text = trim_left(token.text);
      trim_next_ = false;
      if (trims) token.text = trim_right(token.text);
      if (!token.text.empty()) return token;
      continue;
    }
    trim_next_ = false;
    if (!at_action) return {Kind::kEnd, {}, line_};
    const std::size_t behind = trims ? 4 : 2;
    if (rest().substr(behind).starts_with("/*")) {
      if (const Token token = comment(behind); token.kind == Kind::kError) return token;
      continue;
    }
    const Token token = make(Kind::kLeftDelimiter, position_ + 2);
    if (trims) make(Kind::kSpace, position_ + 2);
    inside_ = true;
    parentheses_ = 0;
    return token;
  }
}

// Steps over {{/* ... */}}.
Token Lexer::comment(std::size_t start) {
  const std::size_t end = rest().find("*/", start + 2);
  if (end == std::string_view::npos) return fail("unclosed comment");
  std::string_view behind = rest().substr(end + 2);
  const bool trims = has_right_trim_marker(behind);
  if (trims) behind.remove_prefix(2);
  if (!behind.starts_with("}}")) return fail("comment ends before closing delimiter");
  make(Kind::kSpace, static_cast<std::size_t>(behind.data() - text_.data()) + 2);
  trim_next_ = trims;
  return {Kind::kSpace, {}, line_};
}

bool Lexer::at_right_delimiter() const {
  const std::string_view text = rest();
  return text.starts_with("}}") || (has_right_trim_marker(text) && text.substr(2).starts_with("}}"));
}

// What may stand behind a name.
bool Lexer::at_terminator() const {
  if (rest().empty() || is_space(rest().front()) || at_right_delimiter()) return true;
  return std::string_view(".,|:()").find(rest().front()) != std::string_view::npos;
}

Token Lexer::inside() {
  if (at_right_delimiter()) {
    if (parentheses_ > 0) return fail("unclosed left paren");
    trim_next_ = !rest().starts_with('}');
    if (trim_next_) make(Kind::kSpace, position_ + 2);
    inside_ = false;
    return make(Kind::kRightDelimiter, position_ + 2);
  }
  if (rest().empty()) return fail("unclosed action");
  const char c = rest().front();
  const char following = rest().size() > 1 ? rest()[1] : '\0';
  if (is_space(c)) return space();
  switch (c) {
    case '"':
      return quoted('"', Kind::kString, "unterminated quoted string");
    case '\'':
      return quoted('\'', Kind::kCharacter, "unterminated character constant");
    case '`':
      return raw_string();
    case '$':
      return named(Kind::kVariable);
    case '.':
      return is_digit(following) ? number() : named(Kind::kField);
    case '+':
    case '-':
      return number();
    default:
      break;
  }
  if (is_digit(c)) return number();
  return word_character(rest()) > 0 ? word() : punctuation();
}

Token Lexer::punctuation() {
  switch (rest().front()) {
    case '=':
      return make(Kind::kAssign, position_ + 1);
    case ':':
      if (!rest().starts_with(":=")) return fail("expected :=");
      return make(Kind::kDeclare, position_ + 2);
    case '|':
      return make(Kind::kPipe, position_ + 1);
    case ',':
      return make(Kind::kComma, position_ + 1);
    case '(':
      ++parentheses_;
      return make(Kind::kLeftParenthesis, position_ + 1);
    case ')':
      if (--parentheses_ < 0) return fail("unexpected right paren");
      return make(Kind::kRightParenthesis, position_ + 1);
    default:
      break;
  }
  const char c = rest().front();
  if (c > ' ' && c <= '~') return fail("unexpected \"" + std::string(1, c) + "\" in operand");
  return fail_at_character("unrecognized character in action: ");
}

Token Lexer::space() {
  std::size_t end = position_;
  // The space of a trim marker belongs to the marker.
  while (end < text_.size() && is_space(text_[end])) {
    const std::string_view from_here = text_.substr(end);
    if (has_right_trim_marker(from_here) && from_here.substr(2).starts_with("}}")) break;
    ++end;
  }
  return make(Kind::kSpace, end);
}

Token Lexer::quoted(char quote, Kind kind, const char* unterminated) {
  for (std::size_t i = position_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == quote) return make(kind, i + 1);
    if (text_[i] == '\\') ++i;
  }
  return fail(unterminated);
}

Token Lexer::raw_string() {
  const std::size_t end = text_.find('`', position_ + 1);
  if (end == std::string_view::npos) return fail("unterminated raw quoted string");
  return make(Kind::kRawString, end + 1);
}

void Lexer::skip_digits(std::string_view digits) {
  position_ = std::min(text_.find_first_not_of(digits, position_), text_.size());
}

Token Lexer::number() {
  const std::size_t start = position_;
  const auto accept = [this](std::string_view any) {
    if (rest().empty() || any.find(rest().front()) == std::string_view::npos) return false;
    ++position_;
    return true;
  };
  accept("+-");
  std::string_view digits = kDigits;
  if (accept("0")) {
    if (accept("xX"))
      digits = "0123456789abcdefABCDEF_";
    else if (accept("oO"))
      digits = "01234567_";
    else if (accept("bB"))
      digits = "01_";
  }
  skip_digits(digits);
  if (accept(".")) skip_digits(digits);
  const bool exponent = digits.size() == kDigits.size() ? accept("eE") : accept("pP");
  if (exponent) {
    accept("+-");
    skip_digits(kDigits);
  }
  const std::size_t end = position_;
  position_ = start;
  if (word_character(text_.substr(end)) > 0) {
    if (text_[end] == 'i') return fail("complex constants are not supported");
    return fail("bad number syntax: \"" + std::string(text_.substr(start, end + 1 - start)) + "\"");
  }
  return make(Kind::kNumber, end);
}

Token Lexer::word() {
  const std::size_t start = position_;
  position_ += word_size(rest());
  const std::size_t end = position_;
  if (!at_terminator()) return fail_at_character("bad character ");
  position_ = start;
  const std::string_view text = text_.substr(start, end - start);
  if (text == "true" || text == "false") return make(Kind::kBool, end);
  if (text == "nil") return make(Kind::kNil, end);
  return make(std::ranges::find(kKeywords, text) != kKeywords.end() ? Kind::kKeyword : Kind::kIdentifier,
              end);
}

// A dot or a dollar with the name behind it, if there is one.
Token Lexer::named(Kind kind) {
  const std::size_t start = position_++;
  position_ += word_size(rest());
  const std::size_t end = position_;
  const bool bare_dot = kind == Kind::kField && end == start + 1;
  if (!at_terminator()) return fail_at_character("bad character ");
  position_ = start;
  return make(bare_dot ? Kind::kDot : kind, end);
}

}  // namespace lokitail::pipeline::lang::go_template
