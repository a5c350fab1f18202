// Splits a JMESPath expression into tokens.
//
// Threads: pure function. Errors: throws JmesPathError.
// Source:  go-jmespath 0.4.0, lexer.go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::pipeline::lang::jmespath {

struct Token {
  enum class Type : std::uint8_t {
    kUnknown,  // a lone `=`
    kEnd,
    kIdentifier,
    kQuotedIdentifier,
    kNumber,
    kJsonLiteral,
    kStringLiteral,
    kStar,
    kDot,
    kComma,
    kColon,
    kPipe,
    kOr,
    kAnd,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kCurrent,    // @
    kReference,  // &
    kFilter,     // [?
    kFlatten,    // []
    kLeftParenthesis,
    kRightParenthesis,
    kLeftBracket,
    kRightBracket,
    kLeftBrace,
    kRightBrace
  };

  Type type;
  std::size_t offset;
  std::string text;  // decoded, of identifiers and literals; as written of all others
};

// The last token is kEnd.
std::vector<Token> tokenize(std::string_view expression);

}  // namespace lokitail::pipeline::lang::jmespath
