// Letters: upper and lower case, and names written as words in one.
#include <algorithm>

#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/lang/go_template/words.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// Each character mapped; a text that stays as it is costs nothing.
template <char32_t (*map)(char32_t)>
Value mapped(const Call& call) {
  const std::string_view text = call.string(0);
  std::size_t same = 0;
  while (same < text.size()) {
    const Character character = first_character(text.substr(same));
    if (!character.valid || map(character.code) != character.code) break;
    same += character.size;
  }
  if (same == text.size()) return call[0];
  Text out(call.context, text.size());
  out += text.substr(0, same);
  for (std::string_view rest = text.substr(same); !rest.empty();) {
    const Character character = first_character(rest);
    out.append_character(map(character.code));
    rest.remove_prefix(character.size);
  }
  return out.value();
}

bool is_ascii_word(char32_t code) {
  return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
         code == '_';
}

// The first letter of each word as a capital, as strings.Title sees words.
Value title(const Call& call) {
  Text out(call.context, call.string(0).size());
  bool starts_word = true;
  for (std::string_view rest = call.string(0); !rest.empty();) {
    const Character character = first_character(rest);
    out.append_character(starts_word ? to_title(character.code) : character.code);
    starts_word = character.code < 0x80 ? !is_ascii_word(character.code) : is_space(character.code);
    rest.remove_prefix(character.size);
  }
  return out.value();
}

// The first letter behind each space as a small one.
Value untitle(const Call& call) {
  Text out(call.context, call.string(0).size());
  bool starts_word = true;
  for (std::string_view rest = call.string(0); !rest.empty();) {
    const Character character = first_character(rest);
    const bool space = is_space(character.code);
    out.append_character(starts_word && !space ? to_lower(character.code) : character.code);
    starts_word = space;
    rest.remove_prefix(character.size);
  }
  return out.value();
}

Value swapcase(const Call& call) {
  Text out(call.context, call.string(0).size());
  bool behind_space = true;
  for (std::string_view rest = call.string(0); !rest.empty();) {
    const Character character = first_character(rest);
    const char32_t code = character.code;
    if (is_upper(code) || is_title(code)) {
      out.append_character(to_lower(code));
      behind_space = false;
    } else if (is_lower(code)) {
      out.append_character(behind_space ? to_title(code) : to_upper(code));
      behind_space = false;
    } else {
      out.append_character(code);
      behind_space = is_space(code);
    }
    rest.remove_prefix(character.size);
  }
  return out.value();
}

// The first byte of each word, which is taken for a character: Sprig does no better.
Value initials(const Call& call) {
  Text out(call.context);
  bool behind_space = true;
  for (const char c : call.string(0)) {
    const char32_t code = static_cast<unsigned char>(c);
    const bool space = is_space(code);
    if (behind_space && !space) out.append_character(code);
    behind_space = space;
  }
  return out.value();
}

// A text with spaces byte for byte, each of which is taken for a character, as in initials.
Value nospace(const Call& call) {
  const auto space = [](char c) { return is_space(static_cast<unsigned char>(c)); };
  if (std::ranges::none_of(call.string(0), space)) return call[0];
  Text out(call.context, call.string(0).size());
  for (const char c : call.string(0)) {
    if (!space(c)) out.append_character(static_cast<unsigned char>(c));
  }
  return out.value();
}

template <char kConnector>
Value connected(const Call& call) {
  Text out(call.context, call.string(0).size() + 8);
  append_words(out, call.string(0), kConnector);
  return out.value();
}

Value camelcase(const Call& call) {
  Text out(call.context, call.string(0).size());
  append_pascal_case(out, call.string(0));
  return out.value();
}

constexpr Function kCaseFunctions[] = {
    {"ToLower", "string", mapped<to_lower>},
    {"ToUpper", "string", mapped<to_upper>},
    {"lower", "string", mapped<to_lower>},
    {"upper", "string", mapped<to_upper>},
    {"title", "string", title},
    {"untitle", "string", untitle},
    {"swapcase", "string", swapcase},
    {"initials", "string", initials},
    {"nospace", "string", nospace},
    {"snakecase", "string", connected<'_'>},
    {"kebabcase", "string", connected<'-'>},
    {"camelcase", "string", camelcase},
};

}  // namespace

std::span<const Function> case_functions() { return kCaseFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
