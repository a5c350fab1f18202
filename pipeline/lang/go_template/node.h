// A template as a tree, with names resolved as far as they can be: functions to their code, fields
// and variables to numbers.
//
// Ownership: texts and values in the tree are views into the template's text and its constants;
// both
//            belong to GoTemplate.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/value.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::lang::go_template {

struct Pipe;

// A number as written is an int, a float or both, as the place asks for.
struct Number {
  bool is_integer = false;
  std::int64_t integer = 0;
  double number = 0;
};

// One word of a command.
struct Word {
  enum class Kind : std::uint8_t {
    kDot,
    kNil,
    kBool,
    kNumber,
    kString,
    kField,     // .a.b: fields of dot
    kVariable,  // $x.a.b: fields of a variable
    kFunction,
    kPipe,  // ( ... ).a.b: fields of a pipeline's result
  };

  Kind kind = Kind::kDot;
  std::string_view text;                 // as written, for messages
  Value value;                           // of a constant, in a place that takes any type; none if too large
  Number number;                         // kNumber
  std::size_t variable = 0;              // kVariable
  std::size_t field = 0;                 // kField, and kVariable for $: index of the first name
  std::vector<std::string_view> fields;  // names behind the dots
  const Function* function = nullptr;    // kFunction
  std::unique_ptr<Pipe> pipe;            // kPipe
};

// A value, or a function with its arguments.
struct Command {
  std::vector<Word> words;
  Signature signature;                 // of the function
  std::unique_ptr<const Regex> regex;  // a first argument that is a constant pattern
};

// Commands; the result of each is the last argument of the next.
struct Pipe {
  std::vector<Command> commands;
  std::vector<std::size_t> variables;  // that take the result
  bool assigns = false;                // to variables declared before
};

struct Statement {
  enum class Kind : std::uint8_t { kText, kAction, kIf, kWith, kRange, kBreak, kContinue };

  Kind kind = Kind::kText;
  std::string_view text;
  Pipe pipe;
  std::vector<Statement> body;
  std::vector<Statement> otherwise;  // behind {{else}}
};

// Variable 0 is $.
inline constexpr std::size_t kRootVariable = 0;
// A variable that is used before anything was assigned to it.
inline constexpr std::size_t kUndefinedVariable = static_cast<std::size_t>(-1);

struct Tree {
  std::vector<Statement> statements;
  std::vector<std::string> fields;                            // of the data: names that Word::field counts
  std::size_t variables = 1;                                  // how many there are at most at a time
  std::vector<std::unique_ptr<const std::string>> constants;  // texts that had to be unquoted
};

}  // namespace lokitail::pipeline::lang::go_template
