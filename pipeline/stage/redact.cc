// redact: takes secrets and personal data out of lines. Ours; Promtail has no such stage.
//
//   patterns             which of the built-in patterns (pipeline/redact/built_in.cc): `default`,
//   `all`, or a
//                        list of names, in which those two words may stand too. Default: `default`
//   exclude              a list of built-in patterns to leave out
//   custom               a list of {name, expression}. The expression's first group is what is
//   replaced,
//                        or all of the match where it has no group
//   source               a name or a list of names of extracted values to work on instead of the
//   line labels               a list of labels to work on, too action               `replace`
//   (default), `hash` or `drop` replacement          what is put there: $name is the pattern's
//   name, $hash the secret's hash, $$ a
//                        dollar sign. Default: <redacted:$name>, for `hash` <redacted:$name:$hash>
//   salt                 the key of hashes: HMAC-SHA-256, shortened to 16 digits. Required for
//   `hash` drop_counter_reason  for `drop`; `redact` by default
//
// Matches that overlap are replaced as one. `lokitail_redacted_total{pattern}` counts what was
// found.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/redact/built_in.h"
#include "pipeline/redact/keyed_hash.h"
#include "pipeline/redact/redactor.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

using redact::BuiltIn;
using redact::Found;
using redact::KeyedHash;
using redact::Redactor;

enum class Action { kReplace, kHash, kDrop };  // in the order of read_action()

// What is put in place of a pattern's matches: texts, with a hash between each two.
using Placeholder = std::vector<std::string>;

struct Settings {
  std::vector<Symbol> sources;  // none: the line
  std::vector<Symbol> labels;
  Action action = Action::kReplace;
  std::string replacement;
  std::string salt;
  std::string drop_reason = "redact";
};

// `replacement` has been checked.
Placeholder make_placeholder(std::string_view replacement, std::string_view name) {
  Placeholder texts(1);
  while (!replacement.empty()) {
    const auto take = [&replacement](std::string_view word) {
      if (!replacement.starts_with(word)) return false;
      replacement.remove_prefix(word.size());
      return true;
    };
    if (take("$name")) {
      texts.back() += name;
    } else if (take("$hash")) {
      texts.emplace_back();
    } else {
      if (replacement.starts_with("$$")) replacement.remove_prefix(1);
      texts.back() += replacement.front();
      replacement.remove_prefix(1);
    }
  }
  return texts;
}

class RedactStage final : public EntryStage {
 public:
  RedactStage(Redactor redactor, Settings settings, PipelineMetrics& metrics)
      : redactor_(std::move(redactor)),
        sources_(std::move(settings.sources)),
        labels_(std::move(settings.labels)),
        drops_(settings.action == Action::kDrop),
        dropped_lines_(metrics.dropped_lines(settings.drop_reason)) {
    if (!settings.salt.empty()) hash_.emplace(settings.salt);
    for (std::size_t i = 0; i < redactor_.patterns(); ++i) {
      const std::string& name = redactor_.name(i);
      placeholders_.push_back(make_placeholder(settings.replacement, name));
      counters_.push_back(&metrics.counter("lokitail_redacted_total",
                                           "Secrets and personal data found by the stage redact",
                                           {{"pattern", name}}));
    }
  }

  Verdict process(Entry& entry) override {
    bool found = false;
    if (sources_.empty()) {
      if (const auto text = redacted(entry.line, entry.arena)) {
        entry.line = *text;
        found = true;
      }
    }
    for (const Symbol source : sources_) {
      const auto text = entry.text(source);
      // Nothing is known about what follows a value.
      const auto clean = text ? redacted(entry.arena.copy(*text), entry.arena) : std::nullopt;
      if (!clean) continue;
      entry.extracted.set(source, Value::text(*clean));
      found = true;
    }
    for (const Symbol name : labels_) {
      const Label* const label = entry.labels.find(name);
      if (label == nullptr) continue;
      const auto clean = redacted(entry.arena.copy(label->value), entry.arena);
      if (!clean) continue;
      entry.labels.set(name, *clean);
      found = true;
    }
    if (!found || !drops_) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

 private:
  // The text without its secrets; nothing where it has none. `text` is padded.
  std::optional<std::string_view> redacted(std::string_view text, Arena& arena) {
    const std::span<const Found> found = redactor_.find(text);
    if (found.empty()) return std::nullopt;
    for (const Found& each : found) counters_[each.pattern]->increment();
    return drops_ ? text : replaced(text, found, arena);
  }

  std::string_view replaced(std::string_view text, std::span<const Found> found, Arena& arena) {
    std::size_t size = text.size();
    for (const Found& each : found) {
      size += placeholder_size(each.pattern) - (each.range.end - each.range.begin);
    }
    char* const clean = arena.allocate(size);
    char* out = clean;
    std::size_t at = 0;
    for (const Found& each : found) {
      out = put(out, text.substr(at, each.range.begin - at));
      out = put_placeholder(out, each.pattern, each.range.of(text));
      at = each.range.end;
    }
    put(out, text.substr(at));
    return {clean, size};
  }

  std::size_t placeholder_size(std::size_t pattern) const {
    const Placeholder& texts = placeholders_[pattern];
    std::size_t size = (texts.size() - 1) * sizeof(KeyedHash::Digits);
    for (const std::string& text : texts) size += text.size();
    return size;
  }

  static char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }

  char* put_placeholder(char* out, std::size_t pattern, std::string_view secret) {
    const Placeholder& texts = placeholders_[pattern];
    out = put(out, texts.front());
    if (texts.size() == 1) return out;
    const KeyedHash::Digits digits = hash_->of(secret);
    for (std::size_t i = 1; i < texts.size(); ++i) {
      out = put(out, {digits.data(), digits.size()});
      out = put(out, texts[i]);
    }
    return out;
  }

  Redactor redactor_;
  const std::vector<Symbol> sources_;
  const std::vector<Symbol> labels_;
  const bool drops_;
  Counter& dropped_lines_;
  std::optional<KeyedHash> hash_;          // there where a placeholder needs it
  std::vector<Placeholder> placeholders_;  // by pattern
  std::vector<Counter*> counters_;         // by pattern
};

// ---- Configuration ------------------------------------------------------------------------------

const BuiltIn& built_in(const config::Node& node) {
  const std::string name = config::read_text(node);
  const auto all = redact::built_ins();
  const auto found = std::ranges::find(all, name, &BuiltIn::name);
  if (found != all.end()) return *found;
  std::vector<std::string_view> names = {"default", "all"};
  for (const BuiltIn& each : all) names.push_back(each.name);
  throw node.error("redact stage: no such pattern: " + name + config::did_you_mean(name, names));
}

// Scalars count as lists of one.
std::vector<config::Node> read_list(const config::Node* node) {
  if (node == nullptr) return {};
  if (node->is_sequence()) return node->items();
  if (node->is_mapping()) throw node->error("redact stage: expected a list, found " + node->describe());
  return {*node};
}

// Those that `chosen` and `excluded` leave, in our order.
std::vector<const BuiltIn*> read_patterns(const config::Node* chosen, const config::Node* excluded) {
  const auto all = redact::built_ins();
  std::vector<bool> wanted(all.size(), false);
  const auto want = [&](auto which) {
    for (std::size_t i = 0; i < all.size(); ++i) wanted[i] = wanted[i] || which(all[i]);
  };
  if (chosen == nullptr) want([](const BuiltIn& each) { return each.by_default; });
  for (const config::Node& node : read_list(chosen)) {
    const std::string name = config::read_text(node);
    if (name == "default") {
      want([](const BuiltIn& each) { return each.by_default; });
    } else if (name == "all") {
      want([](const BuiltIn&) { return true; });
    } else {
      const BuiltIn& one = built_in(node);
      want([&one](const BuiltIn& each) { return &each == &one; });
    }
  }
  for (const config::Node& node : read_list(excluded)) {
    wanted[static_cast<std::size_t>(&built_in(node) - all.data())] = false;
  }
  std::vector<const BuiltIn*> patterns;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (wanted[i]) patterns.push_back(&all[i]);
  }
  return patterns;
}

std::vector<redact::Custom> read_custom(const config::Node* list, const std::vector<const BuiltIn*>& others,
                                        config::Warnings& warnings) {
  std::vector<redact::Custom> custom;
  for (const config::Node& item : read_list(list)) {
    config::Fields fields(item, "redact stage: custom", config::Fields::Strictness::kRefuseUnknown, warnings);
    const config::Node& name_node = fields.require("name");
    const std::string name = config::read_text(name_node);
    lang::Regex expression = read_regex(fields.require("expression"));
    fields.finish();
    if (name.empty()) throw name_node.error("redact stage: the name of a pattern must not be empty");
    const auto has_name = [&name](const auto& other) { return other.name == name; };
    if (std::ranges::any_of(custom, has_name) ||
        std::ranges::any_of(others, [&](const BuiltIn* other) { return has_name(*other); })) {
      throw name_node.error("redact stage: there are two patterns of the name " + name);
    }
    custom.push_back({name, std::move(expression)});
  }
  return custom;
}

std::vector<Symbol> read_names(const config::Node* list, SymbolTable& symbols) {
  std::vector<Symbol> names;
  for (const config::Node& node : read_list(list)) {
    const std::string name = config::read_string(node);
    if (name.empty()) throw node.error("redact stage: a name must not be empty");
    names.push_back(symbols.intern(name));
  }
  return names;
}

Action read_action(const config::Node* node) {
  if (node == nullptr) return Action::kReplace;
  const std::string name = config::read_text(*node);
  constexpr std::array<std::string_view, 3> kNames = {"replace", "hash", "drop"};
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<Action>(found - kNames.begin());
  throw node->error("redact stage: action must be replace, hash or drop, found " + name +
                    config::did_you_mean(name, kNames));
}

void check_replacement(const std::string& text, bool has_salt, const config::Node& place) {
  for (std::size_t dollar = text.find('$'); dollar != std::string::npos;) {
    const std::string_view rest = std::string_view(text).substr(dollar);
    const bool is_hash = rest.starts_with("$hash");
    if (is_hash && !has_salt) throw place.error("redact stage: $hash needs a salt");
    if (!is_hash && !rest.starts_with("$name") && !rest.starts_with("$$")) {
      throw place.error("redact stage: replacement knows $name, $hash and $$ only");
    }
    dollar = text.find('$', dollar + (rest.starts_with("$$") ? 2 : 1));
  }
}

void read_replacement(config::Fields& fields, Settings& settings) {
  const config::Node* const salt = fields.find("salt");
  if (salt != nullptr) settings.salt = config::read_text(*salt);
  const bool hashes = settings.action == Action::kHash;
  settings.replacement = hashes ? "<redacted:$name:$hash>" : "<redacted:$name>";
  const config::Node* const replacement = fields.find("replacement");
  if (replacement != nullptr) settings.replacement = config::read_text(*replacement);
  const config::Node& place = replacement == nullptr ? fields.node() : *replacement;
  if (hashes && settings.salt.empty()) {
    throw fields.node().error(
        "redact stage: action hash needs a salt, without which hashes of short secrets can be "
        "guessed");
  }
  if (hashes && settings.replacement.find("$hash") == std::string::npos) {
    throw place.error("redact stage: with action hash the replacement must contain $hash");
  }
  check_replacement(settings.replacement, !settings.salt.empty(), place);
}

}  // namespace

std::unique_ptr<Stage> make_redact(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "redact stage", config::Fields::Strictness::kRefuseUnknown, context.warnings);
  const auto patterns = read_patterns(fields.find("patterns"), fields.find("exclude"));
  auto custom = read_custom(fields.find("custom"), patterns, context.warnings);
  Settings settings;
  settings.sources = read_names(fields.find("source"), context.symbols);
  settings.labels = read_names(fields.find("labels"), context.symbols);
  settings.action = read_action(fields.find("action"));
  read_replacement(fields, settings);
  if (const auto* reason = fields.find("drop_counter_reason")) {
    settings.drop_reason = config::read_text(*reason);
  }
  fields.finish();
  if (patterns.empty() && custom.empty()) throw body.error("redact stage: there is no pattern to look for");
  return std::make_unique<RedactStage>(Redactor(std::move(custom), patterns), std::move(settings),
                                       context.metrics);
}

}  // namespace lokitail::pipeline
