// truncate: cuts what is too long, between two characters.
//
//   limit        required: the size in bytes that is not cut, as a number or such as 8KB
//   suffix       what the rest ends with, within the limit; nothing by default
//   source_type  what is cut: line (default), label, structured_metadata or extracted
//   sources      one name or several of that type; all by default
//   rules        instead of these keys: a list of mappings with them, one applied after the other
//
// Of extracted values only texts are cut. The extracted value `truncated` names the types that were
// cut, such as `label,line`. Not in Promtail; the keys are those of Grafana Alloy's stage.truncate.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

// In order of their names.
enum class SourceType { kExtracted, kLabel, kLine, kStructuredMetadata };
constexpr std::array<std::string_view, 4> kSourceTypes = {"extracted", "label", "line",
                                                          "structured_metadata"};
using SourceTypes = std::bitset<kSourceTypes.size()>;

// "label,line" for these two.
std::array<std::string, 1 << kSourceTypes.size()> all_marks() {
  std::array<std::string, 1 << kSourceTypes.size()> marks;
  for (std::size_t types = 0; types < marks.size(); ++types) {
    for (std::size_t i = 0; i < kSourceTypes.size(); ++i) {
      if ((types >> i & 1) == 0) continue;
      if (!marks[types].empty()) marks[types] += ',';
      marks[types] += kSourceTypes[i];
    }
  }
  return marks;
}

struct TruncateRule {
  std::size_t limit;
  std::string suffix;
  SourceType type;
  // Empty: all. Of structured metadata the names, of everything else the symbols.
  std::vector<Symbol> sources;
  std::vector<std::string> names;

  bool applies_to(Symbol name) const {
    return sources.empty() || std::ranges::find(sources, name) != sources.end();
  }
  bool applies_to(std::string_view name) const {
    return names.empty() || std::ranges::find(names, name) != names.end();
  }

  // What is left of `text`; nothing where it stays as it is.
  std::optional<std::string_view> cut(std::string_view text, Arena& arena) const {
    if (text.size() <= limit) return std::nullopt;
    const std::string_view rest = text.substr(0, character_border(text, limit - suffix.size()));
    if (suffix.empty()) return rest;
    const std::size_t size = rest.size() + suffix.size();
    char* const start = arena.allocate(size);
    std::memcpy(start, rest.data(), rest.size());
    std::memcpy(start + rest.size(), suffix.data(), suffix.size());
    return std::string_view(start, size);
  }
};

class TruncateStage final : public EntryStage {
 public:
  TruncateStage(std::vector<TruncateRule> rules, StageContext& context)
      : rules_(std::move(rules)), mark_(context.symbols.intern("truncated")), marks_(all_marks()) {
    for (std::size_t i = 0; i < kSourceTypes.size(); ++i) {
      cut_[i] = &context.metrics.counter(
          "logentry_truncated_fields_total",
          "A count of all lines, labels, extracted values and structured metadata that the stage "
          "truncate has cut",
          {{"field", kSourceTypes[i]}});
    }
  }

  Verdict process(Entry& entry) override {
    SourceTypes types;
    for (const TruncateRule& rule : rules_) {
      const std::size_t count = apply(rule, entry);
      if (count == 0) continue;
      const auto type = static_cast<std::size_t>(rule.type);
      cut_[type]->increment(static_cast<double>(count));
      types.set(type);
    }
    if (types.any()) mark(entry, types);
    return Verdict::kKeep;
  }

 private:
  // How many texts it has cut.
  static std::size_t apply(const TruncateRule& rule, Entry& entry) {
    std::size_t count = 0;
    const auto cut = [&](std::string_view text, auto set) {
      const auto rest = rule.cut(text, entry.arena);
      if (!rest) return;
      set(*rest);
      ++count;
    };
    switch (rule.type) {
      case SourceType::kLine:
        cut(entry.line, [&](std::string_view rest) { entry.line = rest; });
        break;
      case SourceType::kLabel:
        for (const Label& label : entry.labels) {
          if (!rule.applies_to(label.name)) continue;
          cut(label.value, [&](std::string_view rest) { entry.labels.set(label.name, rest); });
        }
        break;
      case SourceType::kStructuredMetadata:
        for (Metadata& metadata : entry.structured_metadata) {
          if (!rule.applies_to(metadata.name)) continue;
          cut(metadata.value, [&](std::string_view rest) { metadata.value = rest; });
        }
        break;
      case SourceType::kExtracted:
        entry.extracted.for_each([&](Symbol name, const Value& value) {
          if (value.kind() != Value::Kind::kText || !rule.applies_to(name)) return;
          cut(value.as_text(), [&](std::string_view rest) { entry.extracted.set(name, Value::text(rest)); });
        });
        break;
    }
    return count;
  }

  // Adds to what an earlier stage has marked.
  void mark(Entry& entry, SourceTypes types) const {
    const std::string_view before = entry.text(mark_).value_or(std::string_view());
    for (std::size_t i = 0; i < kSourceTypes.size(); ++i) {
      if (before.find(kSourceTypes[i]) != std::string_view::npos) types.set(i);
    }
    entry.extracted.set(mark_, Value::text(marks_[types.to_ulong()]));
  }

  const std::vector<TruncateRule> rules_;
  const Symbol mark_;
  const std::array<std::string, 1 << kSourceTypes.size()> marks_;  // by SourceTypes
  std::array<Counter*, kSourceTypes.size()> cut_;
};

SourceType read_source_type(const config::Node* node) {
  if (node == nullptr) return SourceType::kLine;
  const std::string type = config::read_string(*node);
  const auto* const found = std::ranges::find(kSourceTypes, type);
  if (found == kSourceTypes.end()) {
    throw node->error("expected line, label, structured_metadata or extracted, found \"" + type + "\"" +
                      config::did_you_mean(type, kSourceTypes));
  }
  return static_cast<SourceType>(found - kSourceTypes.begin());
}

// Leaves it to the caller to complain about further keys.
TruncateRule read_rule(config::Fields& fields, SymbolTable& symbols) {
  const config::Node& limit = fields.require("limit");
  const config::Node* const suffix = fields.find("suffix");
  const config::Node* const sources = fields.find("sources");
  TruncateRule rule{config::read_bytes(limit),
                    suffix == nullptr ? "" : config::read_string(*suffix),
                    read_source_type(fields.find("source_type")),
                    {},
                    {}};
  if (rule.limit == 0) throw limit.error("limit must be greater than zero");
  if (suffix != nullptr && rule.suffix.size() >= rule.limit) {
    throw suffix->error("the suffix of " + std::to_string(rule.suffix.size()) +
                        " bytes must be shorter than the limit");
  }
  if (sources == nullptr) return rule;
  if (rule.type == SourceType::kLine) {
    throw sources->error(
        "sources cannot be set when source_type is line, expected the source_type label, "
        "structured_metadata or extracted beside it");
  }
  const auto names = read_names(*sources, symbols);
  if (rule.type == SourceType::kStructuredMetadata) {
    for (const Symbol name : names) rule.names.emplace_back(symbols.name(name));
  } else {
    rule.sources = names;
  }
  return rule;
}

std::vector<TruncateRule> read_rules(const config::Node& body, StageContext& context) {
  constexpr auto kStrict = config::Fields::Strictness::kRefuseUnknown;
  config::Fields fields(body, "truncate stage", kStrict, context.warnings);
  std::vector<TruncateRule> rules;
  const config::Node* const list = fields.find_present("rules");
  if (list == nullptr) {
    rules.push_back(read_rule(fields, context.symbols));
  } else if (!list->is_sequence() || list->items().empty()) {
    throw list->error("truncate stage: expected a list of rules, found " +
                      (list->is_sequence() ? "an empty one" : list->describe()));
  } else {
    for (const config::Node& item : list->items()) {
      config::Fields rule(item, "truncate rule", kStrict, context.warnings);
      rules.push_back(read_rule(rule, context.symbols));
      rule.finish();
    }
  }
  fields.finish();
  return rules;
}

}  // namespace

std::unique_ptr<Stage> make_truncate(const config::Node& body, StageContext& context) {
  return std::make_unique<TruncateStage>(read_rules(body, context), context);
}

}  // namespace lokitail::pipeline
