// JMESPath: expressions that find or make a value in a JSON document.
//
// Threads:   an expression is immutable; any thread may evaluate it, each with its own arena.
// Ownership: results are views of the document, the arena and the expression: all three have to
//            outlive them.
// Errors:    compile() throws JmesPathError. What only shows when a value is there (an unknown
//            function, a wrong number or type of arguments) is the result of evaluate().
// Limits:    expressions with more than kMaxNesting levels of brackets and operators inside of one
//            another are refused, and those with more than kMaxDepth steps in a row.
// Source:    github.com/jmespath/go-jmespath 0.4.0, quirks included;
// https://jmespath.org/specification.html
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::pipeline::lang {

class JmesPathError : public std::invalid_argument {
 public:
  JmesPathError(const std::string& message, std::size_t offset)
      : std::invalid_argument(message), offset_(offset) {}

  // Where in the expression, in bytes from its start.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

class JmesPath {
 public:
  static constexpr std::size_t kMaxNesting = 100;
  static constexpr std::size_t kMaxDepth = 500;

  static JmesPath compile(std::string_view expression);

  JmesPath(JmesPath&&) noexcept;
  JmesPath& operator=(JmesPath&&) noexcept;
  ~JmesPath();

  struct Result {
    JsonValue value;
    const char* error = nullptr;  // what is wrong; the value then means nothing
  };
  Result evaluate(const JsonValue& document, Arena& arena) const;

  // The keys of an expression that only goes from member to member, such as a."b c".d: there is
  // no need of a tree for it.
  std::optional<std::vector<std::string>> plain_path() const;

 private:
  struct Compiled;
  explicit JmesPath(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace lokitail::pipeline::lang
