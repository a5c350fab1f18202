#include "agent/discovery/relabel.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pipeline/label_name.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/utf8.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;
using config::RelabelConfig;
using pipeline::lang::append_expanded;
using pipeline::lang::Regex;
namespace unicode = pipeline::lang::go_template;

const std::string& get(const LabelMap& labels, const std::string& name) {
  static const std::string none;
  const auto found = labels.find(name);
  return found == labels.end() ? none : found->second;
}

void set(LabelMap& labels, const std::string& name, std::string value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels.insert_or_assign(name, std::move(value));
  }
}

std::string source_value(const RelabelConfig& config, const LabelMap& labels) {
  std::string joined;
  for (const std::string& name : config.source_labels) {
    if (&name != &config.source_labels.front()) joined += config.separator;
    joined += get(labels, name);
  }
  return joined;
}

void replace(const RelabelConfig& config, const Regex& regex, LabelMap& labels, std::string_view value) {
  std::vector<std::string_view> groups(regex.group_names().size());
  if (!regex.match(value, groups)) return;
  std::string target;
  append_expanded(target, config.target_label, regex, groups);
  if (!pipeline::is_utf8_label_name(target)) return;
  std::string replacement;
  append_expanded(replacement, config.replacement, regex, groups);
  set(labels, target, std::move(replacement));
}

// The end of the value's MD5, modulo the number of shards.
std::string shard(std::string_view value, std::uint64_t modulus) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(value.data(), value.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::uint64_t number = 0;
  for (std::size_t i = 8; i < 16; ++i) number = number << 8 | digest[i];
  return std::to_string(number % modulus);
}

template <typename Mapping>
std::string map_letters(std::string_view text, Mapping mapping) {
  std::string mapped;
  while (!text.empty()) {
    const pipeline::Character character = pipeline::first_character(text);
    unicode::append_utf8(mapped, mapping(character.code));
    text.remove_prefix(character.size);
  }
  return mapped;
}

void map_names(const RelabelConfig& config, const Regex& regex, LabelMap& labels) {
  std::vector<std::string_view> groups(regex.group_names().size());
  const LabelMap before = labels;
  for (const auto& [name, value] : before) {
    if (!regex.match(name, groups)) continue;
    std::string target;
    append_expanded(target, config.replacement, regex, groups);
    if (!target.empty()) set(labels, target, value);
  }
}

}  // namespace

Relabeler::Relabeler(std::vector<RelabelConfig> rules) {
  rules_.reserve(rules.size());
  for (RelabelConfig& config : rules) {
    try {
      Regex regex(config.regex, Regex::Anchoring::kWhole);
      rules_.push_back({std::move(config), std::move(regex)});
    } catch (const std::invalid_argument& error) {
      throw config::Error(config.regex_place,
                          "\"" + config.regex + "\" is not a valid regular expression: " + error.what());
    }
  }
}

bool Relabeler::may_use(std::string_view name) const {
  using enum config::RelabelAction;
  return std::ranges::any_of(rules_, [name](const Rule& rule) {
    const RelabelConfig& config = rule.config;
    if (config.action == kLabelMap) return true;
    const bool compares = config.action == kKeepEqual || config.action == kDropEqual;
    return (compares && config.target_label == name) ||
           std::ranges::find(config.source_labels, name) != config.source_labels.end();
  });
}

bool Relabeler::apply(config::LabelMap& labels, std::size_t* dropped_by) const {
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (apply(rules_[i], labels)) continue;
    if (dropped_by != nullptr) *dropped_by = i;
    return false;
  }
  return true;
}

bool Relabeler::apply(const Rule& rule, config::LabelMap& labels) {
  using Action = config::RelabelAction;
  const RelabelConfig& config = rule.config;
  const Regex& regex = rule.regex;
  const auto named = [&regex](const auto& label) { return regex.matches(label.first); };
  const std::string value = source_value(config, labels);
  switch (config.action) {
    case Action::kReplace:
      replace(config, regex, labels, value);
      break;
    case Action::kKeep:
      return regex.matches(value);
    case Action::kDrop:
      return !regex.matches(value);
    case Action::kKeepEqual:
      return get(labels, config.target_label) == value;
    case Action::kDropEqual:
      return get(labels, config.target_label) != value;
    case Action::kHashMod:
      set(labels, config.target_label, shard(value, config.modulus));
      break;
    case Action::kLabelMap:
      map_names(config, regex, labels);
      break;
    case Action::kLabelDrop:
      std::erase_if(labels, named);
      break;
    case Action::kLabelKeep:
      std::erase_if(labels, std::not_fn(named));
      break;
    case Action::kLowercase:
      set(labels, config.target_label, map_letters(value, unicode::to_lower));
      break;
    case Action::kUppercase:
      set(labels, config.target_label, map_letters(value, unicode::to_upper));
      break;
  }
  return true;
}

}  // namespace lokitail::agent
