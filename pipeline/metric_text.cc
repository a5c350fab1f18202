#include "pipeline/metric_text.h"

#include <algorithm>
#include <cstddef>

#include "config/ascii.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

// An underscore in place of each character that may not stand there.
std::string escaped_name(std::string_view name, std::string_view also_allowed) {
  std::string escaped;
  while (!name.empty()) {
    const char c = name.front();
    const bool allowed = is_name_start(c) || (is_digit(c) && !escaped.empty()) ||
                         also_allowed.find(c) != std::string_view::npos;
    escaped += allowed ? c : '_';
    name.remove_prefix(allowed ? 1 : first_character(name).size);
  }
  return escaped;
}

void append_label_value(std::string& out, std::string_view value) {
  const bool valid = is_utf8(value);
  while (!value.empty()) {
    const char c = value.front();
    std::size_t size = 1;
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || c == '"') {
      (out += '\\') += c;
    } else if (valid) {
      out += c;
    } else {
      const Character character = first_character(value);
      size = character.size;
      out += character.valid ? value.substr(0, size) : std::string_view("\uFFFD");
    }
    value.remove_prefix(size);
  }
}

}  // namespace

std::string metric_name(std::string_view name) { return escaped_name(name, ":"); }

std::string metric_labels(const std::vector<std::pair<std::string_view, std::string_view>>& labels) {
  std::vector<std::pair<std::string, std::string_view>> sorted;
  sorted.reserve(labels.size());
  for (const auto& [name, value] : labels) sorted.emplace_back(escaped_name(name, ""), value);
  std::ranges::stable_sort(sorted, {}, [](const auto& label) { return label.first; });
  sorted.erase(std::unique(sorted.begin(), sorted.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               sorted.end());
  std::string text;
  for (const auto& [name, value] : sorted) {
    if (!text.empty()) text += ',';
    (text += name) += "=\"";
    append_label_value(text, value);
    text += '"';
  }
  return text;
}

}  // namespace lokitail::pipeline
