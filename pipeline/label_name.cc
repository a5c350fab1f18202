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
  std::string sanitized;
  sanitized.reserve(name.size());
  while (!name.empty()) {
    const char c = name.front();
    sanitized += is_letter(c) || is_digit(c) ? c : '_';
    name.remove_prefix(first_character(name).size);
  }
  return sanitized;
}

}  // namespace lokitail::pipeline
