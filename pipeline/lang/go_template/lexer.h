// Cuts a template into tokens: text outside of {{ }}, words and marks inside.
//
// Threads: belongs to one compilation.
// Errors:  a token of kind kError carries the message and is the last.
// Source:  Go's text/template/parse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lokitail::pipeline::lang::go_template {

struct Token {
  enum class Kind : std::uint8_t {
    kError,
    kEnd,  // of the template
    kText,
    kLeftDelimiter,
    kRightDelimiter,
    kSpace,
    kLeftParenthesis,
    kRightParenthesis,
    kPipe,
    kDeclare,  // :=
    kAssign,   // =
    kComma,
    kBool,
    kCharacter,  // 'x'
    kNumber,
    kString,     // "x"
    kRawString,  // `x`
    kDot,
    kField,     // .name
    kVariable,  // $ or $name
    kIdentifier,
    kNil,
    kKeyword,  // if, end, ...
  };

  Kind kind = Kind::kEnd;
  std::string_view text;  // as written; kField without its dot is text.substr(1)
  int line = 1;

  bool is_keyword(std::string_view word) const { return kind == Kind::kKeyword && text == word; }
};

class Lexer {
 public:
  // `text` outlives the tokens.
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();
  // What a token of kind kError has to say.
  const std::string& error() const { return error_; }

 private:
  Token outside();
  Token inside();
  Token comment(std::size_t start);
  Token space();
  Token quoted(char quote, Token::Kind kind, const char* unterminated);
  Token raw_string();
  Token number();
  Token word();
  Token named(Token::Kind kind);
  Token punctuation();

  std::string_view rest() const { return text_.substr(position_); }
  bool at_right_delimiter() const;
  bool at_terminator() const;
  void skip_digits(std::string_view digits);
  Token make(Token::Kind kind, std::size_t end);
  Token fail(std::string message);
  Token fail_at_character(const char* message);

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1;
  int parentheses_ = 0;
  bool inside_ = false;
  bool trim_next_ = false;  // the text that follows loses its leading space
  bool failed_ = false;
  std::string error_;
};

}  // namespace lokitail::pipeline::lang::go_template
