#include "pipeline/lang/jmespath_lexer.h"

#include <optional>

#include "config/ascii.h"
#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::pipeline::lang::jmespath {
namespace {

using Type = Token::Type;

bool begins_identifier(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Lexer {
 public:
  explicit Lexer(std::string_view expression) : expression_(expression) {}

  std::vector<Token> run() {
    while (at_ < expression_.size()) {
      const char c = expression_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (begins_identifier(c)) {
        take_while(Type::kIdentifier, [](char x) { return begins_identifier(x) || is_digit(x); });
      } else if (c == '-' || is_digit(c)) {
        take_while(Type::kNumber, is_digit);
      } else if (c == '"') {
        take_quoted_identifier();
      } else if (c == '\'') {
        take_raw_string();
      } else if (c == '`') {
        take_json_literal();
      } else {
        take_symbol();
      }
    }
    add(Type::kEnd, expression_.size(), "");
    return std::move(tokens_);
  }

 private:
  void add(Type type, std::size_t offset, std::string text) {
    tokens_.push_back({type, offset, std::move(text)});
  }

  // The first character is known to belong.
  template <typename Predicate>
  void take_while(Type type, Predicate belongs) {
    const std::size_t begin = at_++;
    while (at_ < expression_.size() && belongs(expression_[at_])) ++at_;
    add(type, begin, std::string(expression_.substr(begin, at_ - begin)));
  }

  void take_symbol() {
    struct Symbol {
      std::string_view text;
      Type type;
    };
    // The longer first.
    static constexpr Symbol kSymbols[] = {{"[?", Type::kFilter},
                                          {"[]", Type::kFlatten},
                                          {"||", Type::kOr},
                                          {"&&", Type::kAnd},
                                          {"==", Type::kEqual},
                                          {"!=", Type::kNotEqual},
                                          {"<=", Type::kLessOrEqual},
                                          {">=", Type::kGreaterOrEqual},
                                          {"[", Type::kLeftBracket},
                                          {"]", Type::kRightBracket},
                                          {"{", Type::kLeftBrace},
                                          {"}", Type::kRightBrace},
                                          {"(", Type::kLeftParenthesis},
                                          {")", Type::kRightParenthesis},
                                          {"|", Type::kPipe},
                                          {"&", Type::kReference},
                                          {"!", Type::kNot},
                                          {"<", Type::kLess},
                                          {">", Type::kGreater},
                                          {"=", Type::kUnknown},
                                          {".", Type::kDot},
                                          {"*", Type::kStar},
                                          {",", Type::kComma},
                                          {":", Type::kColon},
                                          {"@", Type::kCurrent}};
    for (const Symbol& symbol : kSymbols) {
      if (!expression_.substr(at_).starts_with(symbol.text)) continue;
      add(symbol.type, at_, std::string(symbol.text));
      at_ += symbol.text.size();
      return;
    }
    throw JmesPathError("unexpected character", at_);
  }

  // The text up to the closing delimiter, which a backslash in front hides. Goes behind it.
  std::string_view take_delimited() {
    const char delimiter = expression_[at_];
    const std::size_t begin = ++at_;
    for (; at_ < expression_.size(); ++at_) {
      if (expression_[at_] == delimiter) return expression_.substr(begin, at_++ - begin);
      if (expression_[at_] == '\\') ++at_;
    }
    throw JmesPathError(std::string("unclosed ") + delimiter, begin - 1);
  }

  void take_quoted_identifier() {
    const std::size_t begin = at_;
    take_delimited();
    Arena arena;
    const auto decoded = parse_strict_json(expression_.substr(begin, at_ - begin), arena);
    if (!decoded || !decoded->is_string()) {
      throw JmesPathError("invalid character or escape in a quoted identifier", begin);
    }
    add(Type::kQuotedIdentifier, begin, std::string(decoded->text()));
  }

  // The text of a raw string; a backslash means nothing but in front of a quote.
  void take_raw_string() {
    const std::size_t begin = at_++;
    std::string text;
    for (; at_ < expression_.size(); ++at_) {
      if (expression_[at_] == '\'') {
        ++at_;
        add(Type::kStringLiteral, begin, std::move(text));
        return;
      }
      if (expression_.substr(at_).starts_with("\\'")) ++at_;
      text += expression_[at_];
    }
    throw JmesPathError("unclosed '", begin);
  }

  void take_json_literal() {
    const std::size_t begin = at_;
    std::string text(take_delimited());
    for (std::size_t i = 0; (i = text.find("\\`", i)) != text.npos; ++i) text.erase(i, 1);
    add(Type::kJsonLiteral, begin, std::move(text));
  }

  const std::string_view expression_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view expression) { return Lexer(expression).run(); }

}  // namespace lokitail::pipeline::lang::jmespath
