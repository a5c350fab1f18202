// sampling: keeps a random share of the lines.
//
//   rate                 from 0, which drops all (default), to 1, which keeps all
//   drop_counter_reason  what dropped lines are counted under; sampling_stage by default
#include <random>
#include <string>

#include "config/value.h"
#include "pipeline/stage.h"
#include "pipeline/stage/weak_config.h"

namespace lokitail::pipeline {
namespace {

class SamplingStage final : public EntryStage {
 public:
  SamplingStage(double rate, std::string reason, PipelineMetrics& metrics)
      : random_(std::random_device{}()),
        keeps_(rate),
        reason_(std::move(reason)),
        metrics_(metrics) {}

  Verdict process(Entry&) override {
    if (keeps_(random_)) return Verdict::kKeep;
    metrics_.dropped_line(reason_);
    return Verdict::kDrop;
  }

 private:
  std::mt19937_64 random_;
  std::bernoulli_distribution keeps_;
  const std::string reason_;
  PipelineMetrics& metrics_;
};

double read_rate(const config::Node* node, const config::Node& body, config::Warnings& warnings) {
  if (node == nullptr) {
    warnings.add(body.place(), "sampling stage: without a rate every line is dropped");
    return 0;
  }
  const double rate = config::weak_float(*node);
  if (rate >= 0 && rate <= 1) return rate;
  throw node->error(
      "sampling stage failed to parse rate, sampling rate must be between 0.0 and "
      "1.0, received " +
      node->text());
}

}  // namespace

std::unique_ptr<Stage> make_sampling(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "sampling stage", config::Fields::Strictness::kWarnUnknown,
                        context.warnings);
  const double rate = read_rate(fields.find("rate"), body, context.warnings);
  std::string reason = read_weak_drop_reason(fields, "sampling_stage");
  fields.finish();
  return std::make_unique<SamplingStage>(rate, std::move(reason), context.metrics);
}

}  // namespace lokitail::pipeline
