#include "agent/lint/job_model.h"

#include "agent/lint/target_labels.h"

namespace lokitail::agent::lint {
namespace {

// Walks the stages of a job, nested ones included.
class Walk {
 public:
  explicit Walk(std::vector<StepModel>& steps) : steps_(steps) {}

  void run(const config::Node& stages, FlowState& state, std::optional<std::size_t> within) {
    for (const config::Node& item : stages.items()) {
      if (const auto flow = pipeline::stage_flow(item)) step(*flow, state, within);
    }
  }

 private:
  void step(const pipeline::StageFlow& flow, FlowState& state, std::optional<std::size_t> within) {
    const std::size_t number = steps_.size();
    steps_.push_back({flow, within, state});
    if (flow.extracts_labels) steps_.back().before.extract_labels();
    if (flow.inner.is_null()) return state.apply(flow, within);
    FlowState inner = state;
    inner.apply(flow, within);
    run(flow.inner, inner, within ? within : number);
    state.merge(inner);
  }

  std::vector<StepModel>& steps_;
};

}  // namespace

JobModel model_job(const config::Node& node, const config::ScrapeConfig& scrape, bool from_stdin) {
  JobModel job;
  job.name = scrape.job_name;
  job.node = node;
  job.is_faulty = scrape.faulty;
  TargetLabels targets = target_labels(node, scrape, from_stdin);
  job.tails_files = targets.are_files;
  job.paths = std::move(targets.paths);
  job.initial = std::move(targets.state);
  job.initial.extract_labels();
  job.end = job.initial;
  Walk(job.steps).run(child(node, "pipeline_stages"), job.end, std::nullopt);
  return job;
}

config::Node child(const config::Node& mapping, std::string_view key) {
  for (const auto& [name, value] : mapping.entries()) {
    if (name.text() == key) return value;
  }
  return {};
}

config::Node child_key(const config::Node& mapping, std::string_view key) {
  for (const auto& [name, value] : mapping.entries()) {
    if (name.text() == key) return name;
  }
  return {};
}

}  // namespace lokitail::agent::lint
