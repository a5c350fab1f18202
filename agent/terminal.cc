#include "agent/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>

#include "pipeline/label_text.h"

namespace lokitail::agent {

bool shows_colours(int descriptor) {
  const char* const term = std::getenv("TERM");
  const char* const no_color = std::getenv("NO_COLOR");
  return isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb" &&
         (no_color == nullptr || *no_color == '\0');
}

bool parse_colour_choice(std::string_view text, int descriptor) {
  if (text == "always") return true;
  if (text == "never") return false;
  if (text == "auto") return shows_colours(descriptor);
  throw std::invalid_argument("--color: expected auto, always or never, not '" + std::string(text) + "'");
}

std::string Painter::operator()(Colour colour, std::string_view text) const {
  if (!colours_ || colour == Colour::kNone || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(colour), text);
}

std::string quoted_text(std::string_view text) {
  std::string in_double;
  pipeline::append_quoted(in_double, text);
  if (text.find('"') == text.npos || text.find('\'') != text.npos) return in_double;
  std::string in_single = "'";
  for (std::size_t i = 1; i + 1 < in_double.size(); ++i) {
    if (in_double[i] == '\\') {
      if (in_double[i + 1] != '"') in_single += '\\';
      ++i;
    }
    in_single += in_double[i];
  }
  return in_single + "'";
}

std::string without_controls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      result += fmt::format("\\u{:04x}", next);
      ++i;
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace lokitail::agent
