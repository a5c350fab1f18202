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
  SamplingStage(double rate, Counter& dropped_lines)
      : random_(std::random_device{}()), keeps_(rate), dropped_lines_(dropped_lines) {}

  Verdict process(Entry&) override {
    if (keeps_(random_)) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

 private:
  std::mt19937_64 random_;
  std::bernoulli_distribution keeps_;
  Counter& dropped_lines_;
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
  config::Fields fields(body, "sampling stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const double rate = read_rate(fields.find("rate"), body, context.warnings);
  const std::string reason = read_weak_drop_reason(fields, "sampling_stage");
  fields.finish();
  return std::make_unique<SamplingStage>(rate, context.metrics.dropped_lines(reason));
}

}  // namespace lokitail::pipeline
