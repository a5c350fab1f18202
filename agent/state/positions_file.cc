#include "agent/state/positions_file.h"

#include <algorithm>
#include <charconv>
#include <exception>

#include <fmt/format.h>

#include "config/base64.h"
#include "config/node.h"
#include "config/value.h"

namespace lokitail::agent {
namespace {

// A key longer than this has to be written in the other form, with a question mark.
constexpr std::size_t kLongestSimpleKey = 1000;

std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
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

// What is no UTF-8, as names of files may be, is written as its bytes.
void append_quoted(std::string& out, std::string_view text) {
  if (!config::is_utf8(text)) {
    out += "!!binary \"" + config::encode_base64(text) + '"';
    return;
  }
  out += '"';
  while (!text.empty()) {
    const std::size_t length = character_length(text[0]);
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

const std::vector<std::pair<config::Node, config::Node>>& mapping_of(const config::Node& node) {
  if (node.is_null() || node.is_mapping()) return node.entries();
  throw node.error("`positions` is " + node.describe() + ", not a mapping");
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
    if (!root.is_null() && !root.is_mapping()) {
      problem = "it is " + root.describe() + ", not a mapping";
      return std::nullopt;
    }
    for (const auto& [name, positions] : root.entries()) {
      if (name.text() != "positions") continue;
      for (const auto& [key, value] : mapping_of(positions)) {
        if (!value.is_null()) entries[key.text()] = config::read_text(value);
      }
    }
    // What is not below `positions` may be so because its indentation is lost.
    const bool has_other_keys = std::ranges::any_of(
        root.entries(), [](const auto& entry) { return entry.first.text() != "positions"; });
    if (!has_other_keys || !entries.empty()) return entries;
    problem = "there is nothing below its key `positions`, but other keys beside it";
  } catch (const std::exception& error) {
    problem = error.what();
  }
  return std::nullopt;
}

std::string format_positions(const PositionEntries& entries) {
  std::string out;
  for (const auto& [key, value] : entries) {
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
