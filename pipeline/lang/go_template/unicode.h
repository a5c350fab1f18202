// Letters, spaces and UTF-8 as Go's unicode and strings packages see them.
//
// Threads: pure functions. Errors: none; bytes that are no UTF-8 count as U+FFFD each.
// Source:  Unicode 15.0, simple case mappings; the classes of characters are those that RE2 knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::go_template {

char32_t to_upper(char32_t code);
char32_t to_lower(char32_t code);
char32_t to_title(char32_t code);
bool is_upper(char32_t code);
bool is_lower(char32_t code);
bool is_title(char32_t code);
bool is_letter(char32_t code);
bool is_number(char32_t code);
bool is_decimal_digit(char32_t code);
bool is_punctuation(char32_t code);
bool is_space(char32_t code);
bool is_printable(char32_t code);

// Writes the bytes and returns how many. What is no character is written as U+FFFD.
std::size_t encode_utf8(char32_t code, char (&bytes)[4]);
void append_utf8(std::string& out, char32_t code);

std::size_t count_characters(std::string_view text);

// REQUIRES: `text` is not empty.
Character last_character(std::string_view text);

// Without the spaces, in Unicode's sense, at both ends.
std::string_view trim_space(std::string_view text);

}  // namespace lokitail::pipeline::lang::go_template
