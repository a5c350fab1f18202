// cardinality_guard: keeps labels from making too many streams. Ours; Promtail has no such stage.
//
//   labels   a mapping of label names to budgets: how many different values each may have
//   budget   of each label that `labels` does not name
//   exclude  a list of labels that `budget` is not for
//   window   how long a value counts after it was seen last: this long at least, twice as long at
//   most.
//            1h by default
//   action   what becomes of a label whose value is over the budget: `metadata` makes it structured
//            metadata of that name (default), `drop` removes it, `replace` gives it another value
//   replace  that value; __other__ by default. Makes `replace` the action
//
// `labels` or `budget` is required. Labels whose names begin with __ are for the agent itself, and
// are guarded only where `labels` names them. `lokitail_cardinality_guarded_total{label}` counts
// the lines.
//
// A label carries its hash, so that a value that is known costs one look into a table.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/unordered/unordered_flat_set.hpp>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

enum class Action { kMetadata, kDrop, kReplace };  // in the order of kActions
constexpr std::array<std::string_view, 3> kActions = {"metadata", "drop", "replace"};

struct Settings {
  std::vector<std::pair<Symbol, std::size_t>> budgets;  // of labels that have one of their own
  std::optional<std::size_t> budget;                    // of the others
  std::vector<Symbol> excluded;
  std::chrono::nanoseconds window = std::chrono::hours(1);
  Action action = Action::kMetadata;
  std::string replacement = "__other__";
};

// The values that a label had of late, in two generations: what was seen since the latest change of
// generations, and what was seen in the window before and not since.
class RecentValues {
 public:
  // Whether the value is one of the first `budget`.
  bool admit(std::uint64_t value, std::size_t budget) {
    if (young_.contains(value)) return true;
    const bool was_known = old_.erase(value) > 0;
    if (!was_known && young_.size() + old_.size() >= budget) return false;
    young_.insert(value);
    return true;
  }

  void next_generation() {
    std::swap(young_, old_);
    young_.clear();
  }

 private:
  boost::unordered_flat_set<std::uint64_t> young_;
  boost::unordered_flat_set<std::uint64_t> old_;
};

// A label that is guarded.
struct Guarded {
  std::size_t budget;
  Counter& lines;  // whose value was over it
  RecentValues values{};
  bool told = false;  // in this window
};

class CardinalityGuardStage final : public EntryStage {
 public:
  CardinalityGuardStage(Settings settings, const StageContext& context)
      : settings_(std::move(settings)),
        symbols_(context.symbols),
        metrics_(context.metrics),
        warn_(context.warn) {
    for (const auto& [label, budget] : settings_.budgets) guard(label, budget);
    for (const Symbol label : settings_.excluded) skip(label);
  }

  Memory memory() const override { return Memory::kJob; }
  Verdict process(Entry& entry) override {
    bool any_over = false;
    for (const Label& label : entry.labels) {
      Guarded* const guarded = guarded_label(label.name);
      if (guarded != nullptr && !guarded->values.admit(label.hash, guarded->budget)) {
        over_.push_back(label);
        any_over = true;
      }
    }
    if (any_over) act(entry);
    return Verdict::kKeep;
  }

  void tick(Timestamp now, Entry&, Sink&) override {
    // A clock that is set back begins the window anew.
    if (!since_ || now < *since_) since_ = now;
    const std::int64_t windows = difference(now, *since_) / settings_.window.count();
    if (windows == 0) return;
    since_ = now;
    for (const auto& guarded : guarded_) {
      if (guarded == nullptr) continue;
      guarded->values.next_generation();
      if (windows > 1) guarded->values.next_generation();
      guarded->told = false;
    }
  }

 private:
  // nullptr where it is not guarded.
  Guarded* guarded_label(Symbol label) {
    if (label >= is_known_.size() || !is_known_[label]) find_out(label);
    return guarded_[label].get();
  }

  // Labels may come that nobody knew of when the stage was built.
  void find_out(Symbol label) {
    if (settings_.budget && !symbols_.name(label).starts_with("__")) {
      guard(label, *settings_.budget);
    } else {
      skip(label);
    }
  }

  void guard(Symbol label, std::size_t budget) {
    skip(label);
    Counter& lines = metrics_.counter("lokitail_cardinality_guarded_total",
                                      "Lines with a label whose value was over its budget",
                                      {{"label", symbols_.name(label)}});
    guarded_[label] = std::make_unique<Guarded>(Guarded{budget, lines});
  }

  void skip(Symbol label) {
    if (label >= is_known_.size()) {
      is_known_.resize(label + std::size_t{1});
      guarded_.resize(label + std::size_t{1});
    }
    is_known_[label] = true;
  }

  void act(Entry& entry) {
    for (const Label& label : over_) {
      Guarded& guarded = *guarded_[label.name];
      guarded.lines.increment();
      if (!std::exchange(guarded.told, true)) tell(label.name, guarded.budget);
      if (settings_.action == Action::kReplace) {
        entry.labels.set(label.name, settings_.replacement);
        continue;
      }
      entry.labels.erase(label.name);
      if (settings_.action == Action::kMetadata) attach(label, entry);
    }
    over_.clear();
  }

  void attach(const Label& label, Entry& entry) const {
    const std::string_view name = symbols_.name(label.name);
    if (std::ranges::find(entry.structured_metadata, name, &Metadata::name) !=
        entry.structured_metadata.end())
      return;
    entry.structured_metadata.push_back({name, label.value});
  }

  void tell(Symbol label, std::size_t budget) const {
    constexpr std::array<std::string_view, 3> kFates = {"further ones become structured metadata",
                                                        "the label is dropped from lines with further ones",
                                                        "further ones are replaced"};
    warn_(fmt::format("cardinality_guard: the label {} has more than {} values; {}", symbols_.name(label),
                      budget, kFates[static_cast<std::size_t>(settings_.action)]));
  }

  const Settings settings_;
  const SymbolTable& symbols_;
  PipelineMetrics& metrics_;
  const std::function<void(std::string_view)> warn_;
  // By label.
  std::vector<bool> is_known_;
  std::vector<std::unique_ptr<Guarded>> guarded_;
  std::vector<Label> over_;  // of the present line
  std::optional<Timestamp> since_;
};

std::size_t read_budget(const config::Node& node) {
  const std::int64_t budget = config::read_int(node);
  if (budget <= 0) throw node.error("cardinality_guard stage: a budget must be above 0");
  return static_cast<std::size_t>(budget);
}

void read_labels(const config::Node& node, Settings& settings, SymbolTable& symbols) {
  if (!node.is_mapping()) {
    throw node.error("cardinality_guard stage: labels: expected a mapping of labels to budgets, found " +
                     node.describe());
  }
  for (const auto& [name, budget] : node.entries()) {
    settings.budgets.emplace_back(symbols.intern(name.text()), read_budget(budget));
  }
}

void read_action(config::Fields& fields, Settings& settings) {
  const config::Node* const replacement = fields.find("replace");
  if (replacement != nullptr) {
    settings.action = Action::kReplace;
    settings.replacement = config::read_text(*replacement);
    if (settings.replacement.empty()) {
      throw replacement->error("cardinality_guard stage: replace must not be empty; see action: drop");
    }
  }
  const config::Node* const action = fields.find("action");
  if (action == nullptr) return;
  const std::string name = config::read_text(*action);
  const auto found = std::ranges::find(kActions, name);
  if (found == kActions.end()) {
    throw action->error("cardinality_guard stage: action must be metadata, drop or replace, found " + name +
                        config::did_you_mean(name, kActions));
  }
  settings.action = static_cast<Action>(found - kActions.begin());
  if (replacement != nullptr && settings.action != Action::kReplace) {
    throw action->error("cardinality_guard stage: replace is for action: replace only");
  }
}

}  // namespace

std::unique_ptr<Stage> make_cardinality_guard(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "cardinality_guard stage", config::Fields::Strictness::kRefuseUnknown,
                        context.warnings);
  Settings settings;
  if (const auto* labels = fields.find("labels")) read_labels(*labels, settings, context.symbols);
  if (const auto* budget = fields.find("budget")) settings.budget = read_budget(*budget);
  if (const auto* exclude = fields.find("exclude")) {
    if (!settings.budget) throw exclude->error("cardinality_guard stage: exclude needs a budget");
    for (const std::string& name : config::read_text_list(*exclude)) {
      settings.excluded.push_back(context.symbols.intern(name));
    }
  }
  if (const auto* window = fields.find("window")) {
    settings.window = config::read_duration(*window);
    if (settings.window.count() <= 0) {
      throw window->error("cardinality_guard stage: window must be above 0");
    }
  }
  read_action(fields, settings);
  fields.finish();
  if (settings.budgets.empty() && !settings.budget) {
    throw body.error("cardinality_guard stage: labels or budget is required");
  }
  return std::make_unique<CardinalityGuardStage>(std::move(settings), context);
}

}  // namespace lokitail::pipeline
