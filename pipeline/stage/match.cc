// match: runs the entries that a selector picks through stages of their own, or drops them.
//
//   selector             required, see lang/selector.h
//   stages               for keep: required, at least one; for drop: there may be none
//   action               keep (default) or drop
//   pipeline_name        has no effect, but may not be empty
//   drop_counter_reason  what dropped lines are counted under; match_stage by default
//
// All other entries pass by. Promtail runs both ways side by side, so that a matched and an
// unmatched line of one stream may change places there; here all lines stay in order.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "config/value.h"
#include "pipeline/lang/selector.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

class MatchStage final : public Stage {
 public:
  MatchStage(lang::Selector selector, const config::Node& stages, StageContext& context)
      : selector_(std::move(selector)), pipeline_(stages, context, out_) {}

  void push(Entry& entry, Sink& next) override {
    if (!selector_.matches(entry.labels, entry.line)) return next.push(entry);
    out_.set_target(next);
    entry.extract_labels();
    pipeline_.push(entry);
  }

  bool join(lang::RegexChains& chains) override {
    selector_.join(chains);
    return false;
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    out_.set_target(next);
    pipeline_.tick(now, scratch);
  }
  bool holds_entries() const override { return pipeline_.holds_entries(); }
  std::size_t held_entries() const override { return pipeline_.held_entries(); }
  bool may_pause() const override { return pipeline_.may_pause(); }
  Memory memory() const override { return pipeline_.memory(); }
  std::chrono::nanoseconds pause() override { return pipeline_.pause(); }
  void drain(Entry& scratch, Sink& next) override {
    out_.set_target(next);
    pipeline_.drain(scratch);
  }

 private:
  // Where the inner pipeline ends: at whatever comes behind this stage.
  class Out final : public Sink {
   public:
    void push(Entry& entry) override { target_->push(entry); }
    void set_target(Sink& target) { target_ = &target; }

   private:
    Sink* target_ = nullptr;
  };

  lang::Selector selector_;
  Out out_;
  Pipeline pipeline_;
};

class DroppingMatchStage final : public EntryStage {
 public:
  DroppingMatchStage(lang::Selector selector, Counter& dropped_lines)
      : selector_(std::move(selector)), dropped_lines_(dropped_lines) {}

  Verdict process(Entry& entry) override {
    if (!selector_.matches(entry.labels, entry.line)) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

  bool join(lang::RegexChains& chains) override {
    selector_.join(chains);
    return true;
  }

 private:
  lang::Selector selector_;
  Counter& dropped_lines_;
};

lang::Selector read_selector(const config::Node& node, SymbolTable& symbols) {
  const std::string text = config::read_string(node);
  if (text.empty()) throw node.error("selector statement required for match stage");
  try {
    return lang::Selector(text, symbols);
  } catch (const std::invalid_argument& error) {
    throw node.error("invalid selector syntax for match stage: " + std::string(error.what()));
  }
}

bool read_is_drop(const config::Node* action) {
  if (action == nullptr) return false;
  const std::string text = config::read_string(*action);
  if (text == "drop") return true;
  if (text.empty() || text == "keep") return false;
  throw action->error("match stage action should be 'keep' or 'drop'");
}

void check_pipeline_name(const config::Node* name) {
  if (name == nullptr || !config::read_string(*name).empty()) return;
  throw name->error("match stage pipeline name can be omitted but cannot be an empty string");
}

std::string read_reason(const config::Node* node) {
  const std::string reason = node == nullptr ? "" : config::read_string(*node);
  return reason.empty() ? "match_stage" : reason;
}

}  // namespace

std::unique_ptr<Stage> make_match(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "match stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  lang::Selector selector = read_selector(fields.require("selector"), context.symbols);
  const bool drop = read_is_drop(fields.find("action"));
  check_pipeline_name(fields.find("pipeline_name"));
  const std::string reason = read_reason(fields.find("drop_counter_reason"));
  const config::Node* const stages = fields.find("stages");
  fields.finish();
  const bool no_stages = stages == nullptr || (stages->is_sequence() && stages->items().empty());
  if (drop) {
    if (!no_stages) {
      throw stages->error("match stage configured to drop entries cannot contain stages");
    }
    return std::make_unique<DroppingMatchStage>(std::move(selector), context.metrics.dropped_lines(reason));
  }
  if (no_stages) {
    throw body.error("match stage requires at least one additional stage to be defined in '- stages'");
  }
  return std::make_unique<MatchStage>(std::move(selector), *stages, context);
}

}  // namespace lokitail::pipeline
