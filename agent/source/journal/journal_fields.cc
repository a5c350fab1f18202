#include "agent/source/journal/journal_fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "pipeline/lang/json_print.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kLabelPrefix = "__journal_";

}  // namespace

std::optional<JournalField> split_field(std::string_view data) {
  const std::size_t equals = data.find('=');
  if (equals == data.npos || equals == 0) return std::nullopt;
  return JournalField{data.substr(0, equals), data.substr(equals + 1)};
}

std::string label_of_field(std::string_view name) {
  std::string label(kLabelPrefix);
  label.reserve(label.size() + name.size());
  for (const char c : name) label += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return label;
}

std::string_view priority_keyword(std::string_view priority) {
  static constexpr std::array<std::string_view, 8> kWords = {"emerg",   "alert",  "crit", "error",
                                                             "warning", "notice", "info", "debug"};
  const bool is_known = priority.size() == 1 && priority[0] >= '0' && priority[0] <= '7';
  return is_known ? kWords[static_cast<std::size_t>(priority[0] - '0')] : priority;
}

void append_fields_json(std::string& out, std::vector<JournalField>& fields) {
  std::ranges::stable_sort(fields, {}, &JournalField::name);
  out += '{';
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i + 1 < fields.size() && fields[i + 1].name == fields[i].name) continue;
    if (out.back() != '{') out += ',';
    pipeline::lang::append_json_string(out, fields[i].name);
    out += ':';
    pipeline::lang::append_json_string(out, fields[i].value);
  }
  out += '}';
}

std::optional<std::uint64_t> time_of_cursor(std::string_view cursor) {
  while (!cursor.empty()) {
    const std::size_t end = std::min(cursor.find(';'), cursor.size());
    std::string_view item = cursor.substr(0, end);
    cursor.remove_prefix(std::min(end + 1, cursor.size()));
    if (!item.starts_with("t=")) continue;
    item.remove_prefix(2);
    std::uint64_t time = 0;
    const auto [stop, error] = std::from_chars(item.data(), item.data() + item.size(), time, 16);
    if (error != std::errc() || stop != item.data() + item.size()) return std::nullopt;
    return time;
  }
  return std::nullopt;
}

}  // namespace lokitail::agent
