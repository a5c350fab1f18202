#include "pipeline/traced_pipeline.h"

#include <cstring>
#include <deque>
#include <utility>

namespace lokitail::pipeline {

// Counts nothing, but hears why lines are dropped.
class TracedPipeline::Metrics final : public PipelineMetrics {
 public:
  explicit Metrics(Tracer& tracer) : tracer_(tracer) {}

  Counter& counter(std::string_view name, std::string_view, const LabelTexts& labels) override {
    const bool counts_drops = name == "logentry_dropped_lines_total" && labels.size() == 1;
    return counters_.emplace_back(tracer_, counts_drops ? labels.front().second : "");
  }

 private:
  class DropCounter final : public Counter {
   public:
    DropCounter(Tracer& tracer, std::string_view reason) : tracer_(tracer), reason_(reason) {}
    void increment(double) override {
      if (!reason_.empty()) tracer_.note_drop(reason_);
    }

   private:
    Tracer& tracer_;
    const std::string reason_;  // empty for what counts anything else
  };

  Tracer& tracer_;
  std::deque<DropCounter> counters_;
};

class TracedPipeline::Out final : public Sink {
 public:
  explicit Out(Tracer& tracer) : tracer_(tracer) {}
  void push(Entry& entry) override { tracer_.comes_out(entry); }

 private:
  Tracer& tracer_;
};

TracedPipeline::TracedPipeline(const config::Node& stages, const std::map<std::string, std::string>& labels,
                               Timestamp now, config::Warnings& warnings,
                               std::function<void(Passage)> finished)
    : label_texts_(labels),
      now_(now),
      tracer_(symbols_, std::move(finished)),
      metrics_(std::make_unique<Metrics>(tracer_)),
      out_(std::make_unique<Out>(tracer_)) {
  for (const auto& [name, value] : label_texts_) target_.set(symbols_.intern(name), value);
  StageContext context{symbols_, warnings, *metrics_, [this] { return now_; }};
  context.observer = &tracer_;
  pipeline_ = std::make_unique<Pipeline>(stages, context, *out_);
}

TracedPipeline::~TracedPipeline() = default;

void TracedPipeline::push(std::string_view line) {
  const auto padded = std::make_unique<char[]>(line.size() + kTextPadding);
  if (!line.empty()) std::memcpy(padded.get(), line.data(), line.size());
  pipeline_->push({padded.get(), line.size()}, now_, target_, nullptr);
}

void TracedPipeline::wait(std::int64_t nanoseconds) {
  pipeline_->tick(now_);  // from when on stages count
  now_ = now_.plus_nanoseconds(nanoseconds);
  pipeline_->tick(now_);
}

void TracedPipeline::drain() { pipeline_->drain(); }

}  // namespace lokitail::pipeline
