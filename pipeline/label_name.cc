#include "pipeline/label_name.h"

#include <algorithm>

#include "config/ascii.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {

bool is_label_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_name_start(c) || is_digit(c); });
}

bool is_utf8_label_name(std::string_view name) { return !name.empty() && is_utf8(name); }

std::string sanitized_label_name(std::string_view name) {
  std::string sanitized(name);
  for (char& c : sanitized) {
    if (!is_letter(c) && !is_digit(c)) c = '_';
  }
  return sanitized;
}

}  // namespace lokitail::pipeline
