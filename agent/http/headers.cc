#include "agent/http/headers.h"

#include <algorithm>

#include <boost/beast/core/string.hpp>

#include "config/ascii.h"

namespace lokitail::agent::http {
namespace {

bool is_name(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && byte != '\t') || byte == 0x7F;
  });
}

std::string header_problem(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!is_name(name)) return "a header's name is none";
    if (!is_header_value(value))
      return "the header " + name + " holds a line break or another control character";
  }
  return {};
}

}  // namespace lokitail::agent::http
