// The arguments of a subcommand, one after the other, in Go's flag syntax as the agent itself takes
// it: one or two dashes, `-x=v` or `-x v`. Everything behind `--` is an operand.
//
// Errors: std::invalid_argument, whose text is for the user.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::agent {

// What every command ends with whose arguments are no good.
inline constexpr int kBadArguments = 2;

class Arguments {
 public:
  explicit Arguments(std::span<const char* const> all) : rest_(all) {}

  // Goes to the next argument; false at the end.
  bool next();

  // The flag's name without dashes and value; empty for an operand.
  std::string_view flag() const { return flag_; }
  // The argument as it was given.
  std::string_view text() const { return text_; }
  bool is_help() const { return flag_ == "h" || flag_ == "help"; }

  // The flag's value, which may be the next argument.
  std::string_view value();
  // Of a flag that has none, unless it is `-x=true` or `-x=false`.
  bool switched_on() const;

  // There is no such flag; `known` are those that there are.
  [[noreturn]] void refuse(std::span<const std::string_view> known) const;

 private:
  std::span<const char* const> rest_;
  bool only_operands_ = false;
  std::string_view text_;
  std::string_view flag_;
  bool has_value_ = false;
  std::string_view value_;
};

}  // namespace lokitail::agent
