#include "pipeline/observed_stage.h"

#include <string>
#include <utility>

#include "pipeline/registry.h"
#include "pipeline/stage_observer.h"

namespace lokitail::pipeline {
namespace {

class ObservedStage final : public Stage {
 public:
  ObservedStage(std::unique_ptr<Stage> stage, StageObserver::Info info, StageObserver& observer)
      : stage_(std::move(stage)), info_(std::move(info)), observer_(observer) {}

  void push(Entry& entry, Sink& next) override {
    Exit exit(*this, next);
    observer_.takes(info_, entry);
    stage_->push(entry, exit);
    observer_.done(info_);
  }
  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    Exit exit(*this, next);
    stage_->tick(now, scratch, exit);
  }
  bool holds_entries() const override { return stage_->holds_entries(); }
  std::size_t held_entries() const override { return stage_->held_entries(); }
  bool may_pause() const override { return stage_->may_pause(); }
  std::chrono::nanoseconds pause() override { return stage_->pause(); }
  Memory memory() const override { return stage_->memory(); }
  void drain(Entry& scratch, Sink& next) override {
    Exit exit(*this, next);
    stage_->drain(scratch, exit);
  }

 private:
  class Exit final : public Sink {
   public:
    Exit(const ObservedStage& stage, Sink& next) : stage_(stage), next_(next) {}
    void push(Entry& entry) override {
      stage_.observer_.gives(stage_.info_, entry);
      next_.push(entry);
      stage_.observer_.gave(stage_.info_);
    }

   private:
    const ObservedStage& stage_;
    Sink& next_;
  };

  const std::unique_ptr<Stage> stage_;
  const StageObserver::Info info_;
  StageObserver& observer_;
};

std::string path_of(std::size_t index, const StageInfo* enclosing) {
  const std::string list =
      enclosing == nullptr ? "pipeline_stages" : enclosing->path + "." + enclosing->name + ".stages";
  return list + "[" + std::to_string(index) + "]";
}

// For as long as it lives, stages are built inside of another one.
class Enclosing {
 public:
  Enclosing(StageContext& context, std::shared_ptr<StageInfo> stage)
      : context_(context), outer_(std::exchange(context.enclosing, std::move(stage))) {}
  ~Enclosing() { context_.enclosing = std::move(outer_); }
  Enclosing(const Enclosing&) = delete;
  Enclosing& operator=(const Enclosing&) = delete;

 private:
  StageContext& context_;
  std::shared_ptr<StageInfo> outer_;
};

}  // namespace

std::unique_ptr<Stage> build_observed_stage(const config::Node& item, std::size_t index,
                                            StageContext& context) {
  const auto info = std::make_shared<StageInfo>();
  if (!item.entries().empty()) {
    info->name = item.entries().front().first.text();
    info->place = item.entries().front().first.place();
  }
  info->index = index;
  const std::shared_ptr<StageInfo> outer = context.enclosing;
  info->path = path_of(index, outer.get());
  info->enclosing = outer;
  const Enclosing inside(context, info);
  auto stage = build_stage(item, context);
  if (stage == nullptr) return nullptr;
  if (outer != nullptr) ++outer->inner_stages;
  context.observer->built(info, item);
  return std::make_unique<ObservedStage>(std::move(stage), info, *context.observer);
}

}  // namespace lokitail::pipeline
