// Text without the space around it.
#pragma once

#include <string_view>

namespace lokitail::agent::http {

// As Go's strings.TrimSpace, of ASCII.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == text.npos ? std::string_view()
                            : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace lokitail::agent::http
