// drop: drops the lines for which all conditions given hold. At least one is required.
//
//   source               one or several extracted values: they must all be there, null included.
//                        With `value` or `expression` they are what is tested instead: those that
//                        are there, joined by `separator`; none gives the empty text, and a null
//                        keeps the line
//   separator            ; by default
//   value                the joined text must be equal to it; needs `source`
//   expression           a regular expression for the joined text, or for the line
//   older_than           how far the entry's time must lie back
//   longer_than          a size in bytes that the line must exceed
//   drop_counter_reason  what dropped lines are counted under; drop_stage by default
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/regex_chain.h"
#include "pipeline/stage.h"
#include "pipeline/stage/weak_config.h"

namespace lokitail::pipeline {
namespace {

struct Conditions {
  std::optional<std::vector<Symbol>> source{};
  std::string separator = ";";
  std::optional<std::string> value{};
  std::optional<lang::ChainedRegex> expression{};
  std::optional<std::chrono::nanoseconds> older_than{};
  std::optional<std::uint64_t> longer_than{};
};

class DropStage final : public EntryStage {
 public:
  DropStage(Conditions conditions, Counter& dropped_lines, const StageContext& context)
      : conditions_(std::move(conditions)), dropped_lines_(dropped_lines), now_(context.now) {}

  Verdict process(Entry& entry) override {
    if (!is_long(entry) || !is_old(entry) || !has_text(entry)) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

  bool join(lang::RegexChains& chains) override {
    const bool one_text = !conditions_.source || conditions_.source->size() == 1;
    if (conditions_.expression && one_text) {
      chains.add(conditions_.source ? std::optional(conditions_.source->front()) : std::nullopt,
                 *conditions_.expression);
    }
    return true;
  }

 private:
  bool is_long(const Entry& entry) const {
    return !conditions_.longer_than || entry.line.size() > *conditions_.longer_than;
  }

  bool is_old(const Entry& entry) const {
    if (!conditions_.older_than) return true;
    // Not `now - older_than`, which may lie before all time.
    return difference(now_(), entry.timestamp) > conditions_.older_than->count();
  }

  bool has_text(Entry& entry) {
    if (!conditions_.value && !conditions_.expression) return has_all_sources(entry);
    if (!conditions_.source) return passes(entry.line);
    const auto text = joined_sources(entry);
    return text && passes(*text);
  }

  bool has_all_sources(const Entry& entry) const {
    return !conditions_.source || std::ranges::all_of(*conditions_.source, [&](Symbol name) {
      return entry.extracted.get(name).present();
    });
  }

  bool passes(std::string_view text) const {
    return conditions_.expression ? conditions_.expression->matches(text) : text == *conditions_.value;
  }

  // Nothing where one of them is null.
  std::optional<std::string_view> joined_sources(Entry& entry) {
    std::optional<std::string_view> only;
    bool several = false;
    for (const Symbol name : *conditions_.source) {
      const Value value = entry.extracted.get(name);
      if (!value.present()) continue;
      const auto text = value.to_text(entry.arena);
      if (!text) return std::nullopt;
      if (!only) {
        only = text;
        continue;
      }
      if (!several) joined_ = *only;
      several = true;
      joined_ += conditions_.separator;
      joined_ += *text;
    }
    if (several) return joined_;
    return only.value_or(std::string_view());
  }

  Conditions conditions_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
  std::string joined_;  // kept for its memory
};

std::vector<Symbol> read_source(const config::Node& node, SymbolTable& symbols) {
  std::vector<Symbol> names;
  if (node.is_sequence()) {
    for (const config::Node& item : node.items()) {
      names.push_back(symbols.intern(config::read_string(item)));
    }
  } else if (node.type() == config::Node::Type::kString) {
    names.push_back(symbols.intern(node.text()));
  } else {
    throw node.error("drop stage source invalid type should be string or list of strings, found " +
                     node.describe());
  }
  return names;
}

std::uint64_t read_size(const config::Node& node) {
  const auto size = config::parse_bytes(config::weak_string(node));
  if (!size) throw node.error("expected a size such as 65536, 256KB or 1MB");
  return *size;
}

Conditions read_conditions(config::Fields& fields, SymbolTable& symbols) {
  Conditions conditions;
  const config::Node* const value = fields.find("value");
  const config::Node* const expression = fields.find("expression");
  if (const auto* node = fields.find("source")) conditions.source = read_source(*node, symbols);
  if (const auto* node = fields.find("separator")) {
    conditions.separator = config::weak_string(*node);
  }
  if (value != nullptr) conditions.value = config::weak_string(*value);
  if (expression != nullptr) {
    conditions.expression.emplace(read_weak_regex(*expression, "drop stage"));
  }
  if (const auto* node = fields.find("older_than")) {
    conditions.older_than = read_weak_duration(*node);
  }
  if (const auto* node = fields.find("longer_than")) conditions.longer_than = read_size(*node);
  if (value != nullptr && expression != nullptr) {
    throw value->error("drop stage config error, `value` and `expression` cannot both be defined");
  }
  if (value != nullptr && !conditions.source) {
    throw value->error("drop stage config error, if `value` is specified, `source` must be, too");
  }
  return conditions;
}

}  // namespace

std::unique_ptr<Stage> make_drop(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "drop stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  Conditions conditions = read_conditions(fields, context.symbols);
  const std::string reason = read_weak_drop_reason(fields, "drop_stage");
  fields.finish();
  if (!conditions.source && !conditions.expression && !conditions.older_than && !conditions.longer_than) {
    throw body.error(
        "drop stage config must contain at least one of `source`, `expression`, "
        "`older_than` or `longer_than`");
  }
  return std::make_unique<DropStage>(std::move(conditions), context.metrics.dropped_lines(reason), context);
}

}  // namespace lokitail::pipeline
