// Numbers to text and back, as Go's strconv does it.
//
// Threads: pure functions. Errors: an empty result for text that is no number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lokitail::pipeline::lang::go_template {

// strconv.ParseInt: base 0 reads the prefixes 0x, 0o, 0b and 0, and takes underscores between
// digits.
std::optional<std::int64_t> parse_int(std::string_view text, int base);
std::optional<std::uint64_t> parse_uint(std::string_view text, int base);

// strconv.ParseFloat, hexadecimal numbers included. Nothing for what a float64 cannot hold.
std::optional<double> parse_float(std::string_view text);

// Large enough for every number in every format but %f with a precision beyond 1000.
struct NumberBuffer {
  char bytes[1500];
};

// strconv.FormatFloat: format is one of b e E f g G x X; a negative precision means the shortest text
// that reads back as the same number. The text lies in `buffer`. REQUIRES: precision <= 1000.
std::string_view format_float(double number, char format, int precision, NumberBuffer& buffer);

std::string_view format_int(std::int64_t number, NumberBuffer& buffer);
std::string_view format_uint(std::uint64_t number, NumberBuffer& buffer, int base = 10);

// A float64 as Go's int64(x) makes it on amd64.
std::int64_t truncate(double number);

}  // namespace lokitail::pipeline::lang::go_template
