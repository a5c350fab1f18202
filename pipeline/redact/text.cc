#include "pipeline/redact/text.h"

#include <algorithm>
#include <array>

namespace lokitail::pipeline::redact {
namespace {

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, to_lower);
}

}  // namespace

bool follows_id_key(std::string_view text, std::size_t at) {
  const auto skip_back = [&](auto wanted) {
    const std::size_t before = at;
    while (at > 0 && wanted(text[at - 1])) --at;
    return at != before;
  };
  const auto is_wrapping = [](char c) { return is_quote(c) || c == '\\' || c == ' '; };
  skip_back(is_wrapping);
  if (!skip_back([](char c) { return c == ':' || c == '='; })) return false;
  skip_back(is_wrapping);
  if (at < 2 || !equal_ignoring_case(text.substr(at - 2, 2), "id")) return false;
  // `grid` is no identifier, `spanId`, `span_id` and `id` are.
  return text[at - 2] == 'I' || !is_letter(before_or_nul(text, at - 2));
}

bool is_no_secret(std::string_view value) {
  constexpr std::array<std::string_view, 12> kNothing = {
      "null", "nil", "none", "undefined", "true", "false", "yes", "no", "on", "off", "nan", "(null)"};
  if (value.empty()) return true;
  if (std::ranges::any_of(kNothing, [value](auto word) { return equal_ignoring_case(value, word); })) {
    return true;
  }
  const char first = value.front();
  const char last = value.back();
  // What we have put there, whatever has come to stand behind it.
  if (value.starts_with("<redacted:")) return true;
  // <hidden>, [FILTERED], {{ .Password }}, ${PASSWORD}
  if ((first == '<' && last == '>') || (first == '[' && last == ']')) return true;
  if ((first == '{' && last == '}') || value.starts_with("${")) return true;
  constexpr std::string_view kMasks = "*xX.#-_?";
  return kMasks.find(first) != std::string_view::npos &&
         std::ranges::all_of(value, [first](char c) { return c == first; });
}

}  // namespace lokitail::pipeline::redact
