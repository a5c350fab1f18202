// Writes JSON as the Go libraries behind Promtail do, byte for byte.
//
// Threads: pure functions.
// Errors:  print_json() answers false for a value that holds NaN or an infinity, which JSON does
//          not have, and for one whose text would be too long; its output is then of no use.
// Source:  github.com/json-iterator/go 1.1.12 (stream_str.go, stream_float.go) for what Promtail
//          extracts and packs; Go's encoding/json for JMESPath's to_string(). Both escape < > & and
//          U+2028/9, and write U+FFFD as an escape for each byte that is no UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pipeline/lang/json_value.h"

namespace lokitail::pipeline::lang {

// The longest text of a number: 309 digits, or a point and 324 places; sign and zero.
inline constexpr std::size_t kMaxNumberText = 330;

// A number as Go's strconv.FormatFloat(number, 'f', -1, 64): the fewest digits that tell it from
// its neighbours, filled up with zeros, never an exponent. Writes at `to`, which REQUIRES
// kMaxNumberText bytes, and answers the end. Not a number and infinities are NaN, +Inf, -Inf.
char* format_number(double number, char* to);

enum class JsonStyle {
  kJsonIterator,  // members as they stand; \u0008; 1e-07
  kEncodingJson   // members sorted by key; \b; 1e-7
};

// A string in its quotes.
void append_json_string(std::string& out, std::string_view text, JsonStyle style = JsonStyle::kJsonIterator);

// The most that is printed. Values that share their parts may print as more than fits anywhere.
inline constexpr std::size_t kMostPrinted = std::size_t{64} * 1024 * 1024;

bool print_json(std::string& out, const JsonValue& value, JsonStyle style);

}  // namespace lokitail::pipeline::lang
