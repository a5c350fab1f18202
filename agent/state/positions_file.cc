#include "agent/state/positions_file.h"

#include <charconv>
#include <exception>

#include <fmt/format.h>

#include "config/node.h"

namespace lokitail::agent {
namespace {

// A key longer than this has to be written in the other form, with a question mark.
constexpr std::size_t kLongestSimpleKey = 1000;

// The length of the UTF-8 character at the start of `text`; 0 if there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// Whether YAML takes it as it is.
bool is_plain(std::string_view text) {
  constexpr std::string_view kSafe = "/._-+@=,";
  if (text.empty() || (text[0] != '/' && (text[0] < 'a' || text[0] > 'z'))) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && kSafe.find(c) == std::string_view::npos) return false;
  }
  // Words that YAML takes for something else have no slash and no dash.
  return text.find_first_of("/-") != std::string_view::npos;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, length);
    text.remove_prefix(length);
    const auto c = static_cast<unsigned char>(character[0]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += character;
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
    } else if (character == "\xC2\x85" || character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9" ||
               character == "\xEF\xBB\xBF" ||
               (c == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0)) {
      // Line ends of YAML 1.1, control characters, a byte order mark.
      out += c == 0xC2   ? fmt::format("\\x{:02x}", static_cast<unsigned char>(character[1]))
             : c == 0xEF ? "\\uFEFF"
                         : (character[2] == '\xA8' ? "\\L" : "\\P");
    } else {
      out += character;
    }
  }
  out += '"';
}

}  // namespace

std::optional<std::uint64_t> parse_offset(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<PositionEntries> parse_positions(std::string_view text, std::string& problem) {
  PositionEntries entries;
  if (text.find('\0') != std::string_view::npos) {
    problem = "it has NUL bytes in it";
    return std::nullopt;
  }
  try {
    const config::Node root = config::Node::parse(text, "positions");
    if (root.is_null()) return entries;
    for (const auto& [name, positions] : root.entries()) {
      if (name.text() != "positions") continue;
      if (!positions.is_null() && !positions.is_mapping()) {
        problem = "`positions` is " + positions.describe() + ", not a mapping";
        return std::nullopt;
      }
      for (const auto& [key, value] : positions.entries()) {
        if (value.is_scalar()) entries[key.text()] = value.text();
      }
      return entries;
    }
    if (root.is_mapping() && root.entries().empty()) return entries;
    problem = "it has no key `positions`";
  } catch (const std::exception& error) {
    problem = error.what();
  }
  return std::nullopt;
}

std::string format_positions(const PositionEntries& entries) {
  std::string out;
  for (const auto& [key, value] : entries) {
    if (!is_utf8(key) || !is_utf8(value)) continue;
    std::string written;
    if (is_plain(key)) {
      written = key;
    } else {
      append_quoted(written, key);
    }
    const bool simple = written.size() <= kLongestSimpleKey;
    out += simple ? "  " : "  ? ";
    out += written;
    out += simple ? ": " : "\n  : ";
    append_quoted(out, value);
    out += '\n';
  }
  return out.empty() ? "positions: {}\n" : "positions:\n" + out;
}

}  // namespace lokitail::agent
