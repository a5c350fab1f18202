#include "agent/command/migrate/service_unit.h"

#include <algorithm>

namespace lokitail::agent::migrate {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlanks);
  return from == text.npos ? std::string_view()
                           : text.substr(from, text.find_last_not_of(kBlanks) + 1 - from);
}

// The next line without its newline; what is left stays in `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool is_comment(std::string_view line) { return line.starts_with('#') || line.starts_with(';'); }

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 's':
      return ' ';
    default:
      return c;
  }
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      word += unescaped(text[++i]);
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (kBlanks.find(c) != kBlanks.npos) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::optional<std::pair<std::string, std::string>> assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) return std::nullopt;
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

// A setting without a value empties what was set before.
void set(ServiceUnit& unit, std::string_view key, std::string_view value) {
  if (key == "ExecStart") {
    value.remove_prefix(std::min(value.find_first_not_of("@-:+!|"), value.size()));
    unit.command = split_words(value);
  } else if (key == "Environment") {
    if (value.empty()) unit.environment.clear();
    for (const std::string& word : split_words(value)) {
      if (auto found = assignment(word)) unit.environment.push_back(*std::move(found));
    }
  } else if (key == "EnvironmentFile") {
    if (value.empty()) {
      unit.environment_files.clear();
    } else {
      unit.environment_files.emplace_back(value);
    }
  }
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string expand_braces(std::string_view word, const Lookup& lookup) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const std::string_view rest = word.substr(i);
    const std::size_t end = rest.find('}');
    if (rest.starts_with("$$")) {
      out += '$';
      ++i;
    } else if (rest.starts_with("${") && end != rest.npos) {
      out += lookup(rest.substr(2, end - 2)).value_or("");
      i += end;
    } else {
      out += word[i];
    }
  }
  return out;
}

std::string doubled(std::string_view text, char which) {
  std::string out;
  for (const char c : text) {
    if (c == which) out += c;
    out += c;
  }
  return out;
}

}  // namespace

void read_unit(std::string_view text, ServiceUnit& unit) {
  bool in_service = false;
  while (!text.empty()) {
    std::string line(trimmed(take_line(text)));
    // A line that ends in a backslash goes on in the next; comments between do not count.
    while (!is_comment(line) && line.ends_with('\\')) {
      line.back() = ' ';
      if (text.empty()) break;
      const std::string_view next = trimmed(take_line(text));
      line += is_comment(next) ? std::string("\\") : std::string(next);
    }
    if (line.empty() || is_comment(line)) continue;
    if (line.front() == '[') {
      in_service = line == "[Service]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_service || equals == line.npos) continue;
    const std::string_view whole = line;
    set(unit, trimmed(whole.substr(0, equals)), trimmed(whole.substr(equals + 1)));
  }
}

std::vector<std::pair<std::string, std::string>> read_environment_file(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> environment;
  while (!text.empty()) {
    const std::string_view line = trimmed(take_line(text));
    if (line.empty() || is_comment(line)) continue;
    auto found = assignment(line);
    if (!found) continue;
    std::string& value = found->second;
    const char first = value.empty() ? '\0' : value.front();
    if (value.size() >= 2 && (first == '"' || first == '\'') && value.back() == first) {
      value = value.substr(1, value.size() - 2);
    }
    environment.push_back(*std::move(found));
  }
  return environment;
}

std::vector<std::string> expand_words(const std::vector<std::string>& words, const Lookup& lookup) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    const std::string_view name = std::string_view(word).substr(word.empty() ? 0 : 1);
    if (word.starts_with('$') && !name.empty() && std::ranges::all_of(name, is_name_char)) {
      for (std::string& each : split_words(lookup(name).value_or(""))) {
        out.push_back(std::move(each));
      }
    } else {
      out.push_back(expand_braces(word, lookup));
    }
  }
  return out;
}

std::string quoted_word(std::string_view word) {
  const auto is_plain = [](char c) {
    return is_name_char(c) || std::string_view("-.,/:=@+").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  std::string out = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? 'n' : c;
    if (c == '\n') out.insert(out.size() - 1, 1, '\\');
  }
  return out + "\"";
}

std::string quoted_argument(std::string_view word) { return quoted_word(doubled(word, '$')); }

std::string without_specifiers(std::string_view text) { return doubled(text, '%'); }

}  // namespace lokitail::agent::migrate
