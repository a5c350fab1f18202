#include "pipeline/pipeline.h"

#include <algorithm>

#include "pipeline/observed_stage.h"
#include "pipeline/registry.h"

namespace lokitail::pipeline {

// One stage with what comes behind it.
class Pipeline::Link final : public Sink {
 public:
  Link(std::unique_ptr<Stage> stage, Sink& next) : stage_(std::move(stage)), next_(next) {}
  void push(Entry& entry) override { stage_->push(entry, next_); }
  void tick(Timestamp now, Entry& scratch) { stage_->tick(now, scratch, next_); }
  bool holds_entries() const { return stage_->holds_entries(); }
  bool may_pause() const { return stage_->may_pause(); }
  std::chrono::nanoseconds pause() { return stage_->pause(); }
  void drain(Entry& scratch) { stage_->drain(scratch, next_); }

 private:
  std::unique_ptr<Stage> stage_;
  Sink& next_;
};

Pipeline::Pipeline(const config::Node& stages, StageContext& context, Sink& out) : first_(&out) {
  if (stages.is_null()) return;
  if (!stages.is_sequence()) {
    throw stages.error("pipeline_stages: expected a list of stages, found " + stages.describe());
  }
  std::vector<std::unique_ptr<Stage>> built;
  for (std::size_t i = 0; i < stages.items().size(); ++i) {
    const config::Node& item = stages.items()[i];
    auto stage = context.observer == nullptr ? build_stage(item, context)
                                             : build_observed_stage(item, i, context);
    if (stage) built.push_back(std::move(stage));
  }
  // Each link needs the one behind it, so they are made from the last to the first.
  links_.resize(built.size());
  for (std::size_t i = built.size(); i-- > 0;) {
    links_[i] = std::make_unique<Link>(std::move(built[i]), *first_);
    first_ = links_[i].get();
    if (links_[i]->may_pause()) pausing_.push_back(links_[i].get());
  }
}

Pipeline::~Pipeline() = default;

void Pipeline::tick(Timestamp now, Entry& scratch) {
  for (const auto& link : links_) link->tick(now, scratch);
}

bool Pipeline::holds_entries() const {
  return std::ranges::any_of(links_, [](const auto& link) { return link->holds_entries(); });
}

std::chrono::nanoseconds Pipeline::longest_pause() {
  std::chrono::nanoseconds longest{};
  for (Link* const link : pausing_) longest = std::max(longest, link->pause());
  return longest;
}

void Pipeline::drain(Entry& scratch) {
  // From the first to the last, so that what one stage lets go is held no longer by a later one.
  for (const auto& link : links_) link->drain(scratch);
}

}  // namespace lokitail::pipeline
