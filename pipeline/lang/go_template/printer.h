// One value under one verb of fmt, such as %5d.
//
// Errors: a verb that does not go with the value is told in the text.
#pragma once

#include <optional>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

// What may stand between % and the verb.
struct Flags {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  // %#v and %+v: Go's syntax, and names of fields. # and + are then no flags of their own.
  bool sharp_v = false;
  bool plus_v = false;
  std::optional<int> width;
  std::optional<int> precision;
};

// Prints values under one verb with its flags.
class Printer {
 public:
  Printer(Text& out, const Flags& flags, char32_t verb) : out_(out), flags_(flags), verb_(verb) {}

  void print(const Value& value, int depth = 0);

 private:
  void bad_verb(const Value& value);
  void print_nil(int depth);
  bool print_string_form(const Value& value);
  void print_bool(const Value& value);
  void print_integer(const Value& value);
  void print_float(const Value& value);
  std::string_view cut(std::string_view text) const;
  void print_string(std::string_view text, const Value& value);
  void print_list(const Value& value, int depth);
  void print_map(const Value& value, int depth);
  void print_time(const Time& time, int depth);
  void print_version(const Version& version, int depth);
  void print_struct(std::string_view type, std::span<const Map::Entry> fields, int depth);
  void print_fields(std::span<const Map::Entry> fields, int depth);
  void print_pointer(std::string_view type, std::uint64_t address);
  void print_address(std::uint64_t address, bool prefix);
  void print_digits(bool negative, std::uint64_t magnitude, int base, bool upper);
  void print_code_point(std::uint64_t code);
  void print_quoted_character(std::uint64_t code);
  void print_quoted(std::string_view text);
  void print_hexadecimal(std::string_view text, bool upper);
  void pad(std::string_view text);
  void pad_number(std::string_view sign, std::string_view digits);
  void pad_with_spaces(std::string_view text);

  Text& out_;
  Flags flags_;
  char32_t verb_;
  bool as_error_ = false;  // within a complaint values are printed without their String()
};

}  // namespace lokitail::pipeline::lang::go_template
