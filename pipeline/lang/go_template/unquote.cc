#include "pipeline/lang/go_template/unquote.h"

#include <charconv>

#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// One character of a constant: a byte, if it was written as \x41 or \101, or a character.
struct Unquoted {
  char32_t code = 0;
  bool is_byte = false;
};

// Takes `size` digits off the front.
std::optional<char32_t> take_digits(std::string_view& text, std::size_t size, int base) {
  std::uint32_t code = 0;
  if (text.size() < size) return std::nullopt;
  const char* const end = text.data() + size;
  const auto result = std::from_chars(text.data(), end, code, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  text.remove_prefix(size);
  return code;
}

std::optional<Unquoted> take_number(std::string_view& text, std::size_t size, int base) {
  const bool is_byte = size < 4;
  const auto code = take_digits(text, size, base);
  if (!code || (is_byte && *code > 0xFF)) return std::nullopt;
  if (!is_byte && (*code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000))) return std::nullopt;
  return Unquoted{*code, is_byte};
}

// Takes one character or escape off the front. REQUIRES: `text` is not empty.
std::optional<Unquoted> take_character(std::string_view& text, char quote) {
  const Character character = first_character(text);
  if (character.code != '\\') {
    const char32_t byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(character.size);
    if (character.code == static_cast<unsigned char>(quote) || byte == '\n') return std::nullopt;
    return character.valid ? Unquoted{character.code, false} : Unquoted{byte, true};
  }
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const char letter = text.front();
  if (letter >= '0' && letter <= '7') return take_number(text, 3, 8);
  text.remove_prefix(1);
  switch (letter) {
    case 'a':
      return Unquoted{'\a'};
    case 'b':
      return Unquoted{'\b'};
    case 'f':
      return Unquoted{'\f'};
    case 'n':
      return Unquoted{'\n'};
    case 'r':
      return Unquoted{'\r'};
    case 't':
      return Unquoted{'\t'};
    case 'v':
      return Unquoted{'\v'};
    case '\\':
      return Unquoted{'\\'};
    case 'x':
      return take_number(text, 2, 16);
    case 'u':
      return take_number(text, 4, 16);
    case 'U':
      return take_number(text, 8, 16);
    default:
      break;
  }
  if (letter != quote) return std::nullopt;
  return Unquoted{static_cast<unsigned char>(quote)};
}

}  // namespace

std::optional<std::string> unquote(std::string_view quoted) {
  if (quoted.size() < 2) return std::nullopt;
  std::string_view inside = quoted.substr(1, quoted.size() - 2);
  std::string out;
  while (!inside.empty()) {
    const auto character = take_character(inside, quoted.front());
    if (!character) return std::nullopt;
    if (character->is_byte) {
      out += static_cast<char>(character->code);
    } else {
      append_utf8(out, character->code);
    }
  }
  return out;
}

std::optional<char32_t> unquote_character(std::string_view quoted) {
  if (quoted.size() < 3) return std::nullopt;
  std::string_view inside = quoted.substr(1, quoted.size() - 2);
  const auto character = take_character(inside, quoted.front());
  if (!character || !inside.empty()) return std::nullopt;
  return character->code;
}

}  // namespace lokitail::pipeline::lang::go_template
