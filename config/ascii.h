// Kinds of ASCII characters, whatever the locale.
#pragma once

namespace lokitail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
// What a label's or a metric's name may begin with (a metric's may with a colon, too).
constexpr bool is_name_start(char c) { return is_letter(c) || c == '_'; }

}  // namespace lokitail
