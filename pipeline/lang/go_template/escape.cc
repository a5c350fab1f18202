#include "pipeline/lang/go_template/escape.h"

#include <algorithm>

#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

void append_hexadecimal(Text& out, char32_t code, int digits, std::string_view alphabet) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += alphabet[code >> shift & 15];
}

void append_javascript_character(Text& out, std::string_view bytes, char32_t code) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  switch (code) {
    case '\\':
    case '\'':
    case '"':
      (out += '\\') += bytes;
      return;
    case '<':
    case '>':
    case '&':
    case '=':
      break;
    default:
      if (code < 0x80 ? code < ' ' : !is_printable(code)) break;
      out += bytes;
      return;
  }
  out += "\\u";
  append_hexadecimal(out, code, code > 0xFFFF ? code > 0xFFFFF ? 6 : 5 : 4, kDigits);
}

// The letter behind the backslash of an escape in JSON; 0 where there is none.
char json_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
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
    default:
      return 0;
  }
}

}  // namespace

void append_html(Text& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t special = std::min(text.find_first_of(std::string_view("\0\"'&<>", 6)), text.size());
    out += text.substr(0, special);
    text.remove_prefix(special);
    if (text.empty()) return;
    switch (text.front()) {
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += "\uFFFD";
        break;
    }
    text.remove_prefix(1);
  }
}

void append_javascript(Text& out, std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    append_javascript_character(out, text.substr(0, character.size), character.code);
    text.remove_prefix(character.size);
  }
}

void append_url_query(Text& out, std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    append_percent_encoded(out, text.substr(0, space), plain);
    text.remove_prefix(space);
    if (text.empty()) return;
    out += '+';
    text.remove_prefix(1);
  }
}

void append_json_string(Text& out, std::string_view text, bool escape_html) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, character.size);
    const char c = text.front();
    const bool is_html = c == '<' || c == '>' || c == '&';
    if (const char letter = json_escape(c)) {
      (out += '\\') += letter;
    } else if (!character.valid) {
      out += "\\ufffd";
    } else if (character.code < ' ' || (is_html && escape_html) || character.code == 0x2028 ||
               character.code == 0x2029) {
      out += "\\u";
      append_hexadecimal(out, character.code, 4, kDigits);
    } else {
      out += bytes;
    }
    text.remove_prefix(character.size);
  }
  out += '"';
}

}  // namespace lokitail::pipeline::lang::go_template
