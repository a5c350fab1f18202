#include "pipeline/label_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// What is neither letter, mark, number, punctuation nor symbol, the ASCII space aside: separators,
// control and format characters, surrogates and private use. From Unicode 15.0.
constexpr std::array<Range, 28> kNotPrintable = {{
    {0x0000, 0x001F},   {0x007F, 0x00A0},   {0x00AD, 0x00AD},     {0x0600, 0x0605},   {0x061C, 0x061C},
    {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},     {0x08E2, 0x08E2},   {0x1680, 0x1680},
    {0x180E, 0x180E},   {0x2000, 0x200F},   {0x2028, 0x202F},     {0x205F, 0x2064},   {0x2066, 0x206F},
    {0x3000, 0x3000},   {0xD800, 0xF8FF},   {0xFEFF, 0xFEFF},     {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},   {0x1D173, 0x1D17A}, {0xE0001, 0xE0001},
    {0xE0020, 0xE007F}, {0xF0000, 0xFFFFD}, {0x100000, 0x10FFFD},
}};

bool is_printable(char32_t code) {
  const auto range = std::ranges::lower_bound(kNotPrintable, code, {}, &Range::last);
  return range == kNotPrintable.end() || code < range->first;
}

// What needs no look: printable ASCII that stands for itself. A table, since label values are long
// (paths of container logs) and are written anew for each stream of a batch.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c <= '~'; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

std::size_t count_plain(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && kPlain[static_cast<unsigned char>(text[count])]) ++count;
  return count;
}

void append_hex(std::string& out, char32_t code, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[code >> shift & 0xF];
  }
}

// The letter behind the backslash of a short escape; 0 where there is none.
char short_escape(char32_t code) {
  switch (code) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return 0;
  }
}

void append_character(std::string& out, std::string_view bytes, const Character& character) {
  const char32_t code = character.code;
  if (!character.valid) {
    out += "\\x";
    append_hex(out, static_cast<unsigned char>(bytes.front()), 2);
  } else if (const char letter = short_escape(code)) {
    out += '\\';
    out += letter;
  } else if (is_printable(code)) {
    out += bytes;
  } else if (code < ' ' || code == 0x7F) {
    out += "\\x";
    append_hex(out, code, 2);
  } else if (code < 0x10000) {
    out += "\\u";
    append_hex(out, code, 4);
  } else {
    out += "\\U";
    append_hex(out, code, 8);
  }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = count_plain(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Character character = first_character(text);
    append_character(out, text.substr(0, character.size), character);
    text.remove_prefix(character.size);
  }
  out += '"';
}

void append_label_text(std::string& out,
                       std::span<const std::pair<std::string_view, std::string_view>> sorted) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : sorted) {
    if (!std::exchange(first, false)) out += ", ";
    out += name;
    out += '=';
    append_quoted(out, value);
  }
  out += '}';
}

}  // namespace lokitail::pipeline
