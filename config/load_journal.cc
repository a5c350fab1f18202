// The `journal` block of a scrape config.

#include <algorithm>
#include <string_view>

#include "config/blocks.h"

namespace lokitail::config {
namespace {

bool is_field_character(char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// One `=`, behind the name of a field as libsystemd takes it: what begins with two underscores is none.
void check_match(std::string_view match, const Node& node) {
  const auto wrong = [&](const std::string& why) {
    return node.error("Error parsing journal reader 'matches' config value: " + why + ", found \"" +
                      std::string(match) + '"');
  };
  const std::size_t equals = match.find('=');
  if (equals == match.npos || match.find('=', equals + 1) != match.npos) {
    throw wrong("expected FIELD=value terms, separated by spaces");
  }
  const std::string_view field = match.substr(0, equals);
  if (field.empty() || field.starts_with("__") || !std::ranges::all_of(field, is_field_character)) {
    throw wrong("expected the name of a field before the equals sign");
  }
}

void check_matches(std::string_view matches, const Node& node) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  for (;;) {
    matches.remove_prefix(std::min(matches.find_first_not_of(kBlanks), matches.size()));
    if (matches.empty()) return;
    const std::size_t end = std::min(matches.find_first_of(kBlanks), matches.size());
    check_match(matches.substr(0, end), node);
    matches.remove_prefix(end);
  }
}

// `name`, `+name` for that and the default one, `*` for all: as journalctl takes them.
void check_namespace(std::string_view name, const Node& node) {
  if (name.empty() || name == "*") return;
  std::string_view bare = name;
  if (bare.starts_with('+')) bare.remove_prefix(1);
  if (bare.empty() || bare == "." || bare == ".." || bare.find('/') != bare.npos) {
    throw node.error("namespace: expected the name of a journal namespace, found \"" + std::string(name) +
                     '"');
  }
}

}  // namespace

JournalConfig read_journal(const Node& node, Warnings& warnings) {
  JournalConfig config;
  config.place = node.place();
  Fields fields(node, "journal", kRefuseUnknown, warnings);
  if (const Node* age = fields.find("max_age")) config.max_age = read_duration_string(*age);
  set(config.json, fields.find("json"));
  set(config.labels, fields.find("labels"));
  set(config.path, fields.find("path"));
  const Node* const matches = fields.find("matches");
  set(config.matches, matches);
  const Node* const name = fields.find("namespace");
  set(config.journal_namespace, name);
  fields.finish();
  if (matches) check_matches(config.matches, *matches);
  if (name) check_namespace(config.journal_namespace, *name);
  if (!config.path.empty() && !config.journal_namespace.empty()) {
    throw name->error("journal: give `path` or `namespace`, not both");
  }
  return config;
}

}  // namespace lokitail::config
