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

}  // namespace

// The labels that the rules work on.
class Relabeler::Labels {
 public:
  // `has_order`: somebody asks for in_order().
  Labels(LabelMap& labels, bool has_order) : labels_(labels), has_order_(has_order) {
    std::erase_if(labels_, [](const auto& label) { return label.second.empty(); });
  }

  const std::string& get(const std::string& name) const {
    static const std::string none;
    const auto found = labels_.find(name);
    return found == labels_.end() ? none : found->second;
  }

  // An empty value removes the label.
  void set(const std::string& name, std::string value) {
    if (has_order_) note(name, !value.empty());
    if (value.empty()) {
      labels_.erase(name);
    } else {
      labels_.insert_or_assign(name, std::move(value));
    }
  }

  template <typename Predicate>
  void remove_if(Predicate predicate) {
    std::erase_if(labels_, predicate);
    std::erase_if(set_, [this](const std::string& name) { return !labels_.contains(name); });
  }

  // Those that no rule has set, by name, and then the others as they were first set.
  std::vector<std::pair<std::string, std::string>> in_order() const {
    std::vector<std::pair<std::string, std::string>> ordered;
    for (const auto& label : labels_) {
      if (!was_set(label.first)) ordered.push_back(label);
    }
    for (const std::string& name : set_) ordered.emplace_back(name, get(name));
    return ordered;
  }

 private:
  bool was_set(const std::string& name) const { return std::ranges::find(set_, name) != set_.end(); }

  void note(const std::string& name, bool has_value) {
    if (!has_value) {
      std::erase(set_, name);
    } else if (!was_set(name)) {
      set_.push_back(name);
    }
  }

  LabelMap& labels_;
  const bool has_order_;
  std::vector<std::string> set_;  // by rules
};

namespace {

std::string source_value(const RelabelConfig& config, const Relabeler::Labels& labels) {
  std::string joined;
  for (const std::string& name : config.source_labels) {
    if (&name != &config.source_labels.front()) joined += config.separator;
    joined += labels.get(name);
  }
  return joined;
}

void replace(const RelabelConfig& config, const Regex& regex, Relabeler::Labels& labels,
             std::string_view value) {
  std::vector<std::string_view> groups(regex.group_names().size());
  if (!regex.match(value, groups)) return;
  std::string target;
  append_expanded(target, config.target_label, regex, groups);
  if (!pipeline::is_utf8_label_name(target)) return;
  std::string replacement;
  append_expanded(replacement, config.replacement, regex, groups);
  labels.set(target, std::move(replacement));
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

// Of labels that get the same name the last one counts.
void map_names(const RelabelConfig& config, const Regex& regex, Relabeler::Labels& labels) {
  std::vector<std::string_view> groups(regex.group_names().size());
  for (const auto& [name, value] : labels.in_order()) {
    if (!regex.match(name, groups)) continue;
    std::string target;
    append_expanded(target, config.replacement, regex, groups);
    if (!target.empty()) labels.set(target, value);
  }
}

}  // namespace

Relabeler::Relabeler(std::vector<RelabelConfig> rules) {
  rules_.reserve(rules.size());
  for (RelabelConfig& config : rules) {
    maps_names_ = maps_names_ || config.action == config::RelabelAction::kLabelMap;
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

bool Relabeler::apply(config::LabelMap& label_map, std::size_t* dropped_by) const {
  Labels labels(label_map, maps_names_);
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (apply(rules_[i], labels)) continue;
    if (dropped_by != nullptr) *dropped_by = i;
    return false;
  }
  return true;
}

bool Relabeler::apply(const Rule& rule, Labels& labels) {
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
      return labels.get(config.target_label) == value;
    case Action::kDropEqual:
      return labels.get(config.target_label) != value;
    case Action::kHashMod:
      labels.set(config.target_label, shard(value, config.modulus));
      break;
    case Action::kLabelMap:
      map_names(config, regex, labels);
      break;
    case Action::kLabelDrop:
      labels.remove_if(named);
      break;
    case Action::kLabelKeep:
      labels.remove_if(std::not_fn(named));
      break;
    case Action::kLowercase:
      labels.set(config.target_label, map_letters(value, unicode::to_lower));
      break;
    case Action::kUppercase:
      labels.set(config.target_label, map_letters(value, unicode::to_upper));
      break;
  }
  return true;
}

}  // namespace lokitail::agent
