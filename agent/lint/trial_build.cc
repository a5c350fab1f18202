#include "agent/lint/trial_build.h"

#include <algorithm>
#include <string_view>

#include "agent/delivery/batcher.h"
#include "agent/discovery/relabel.h"
#include "agent/telemetry/metrics.h"
#include "pipeline/flow/stage_flow.h"
#include "pipeline/pipeline.h"
#include "pipeline/registry.h"

namespace lokitail::agent {
namespace {

struct NoSink final : pipeline::Sink {
  void push(pipeline::Entry&) override {}
};

// Builds stages one by one, and those inside of one that cannot be built too.
class StageCheck {
 public:
  explicit StageCheck(config::Warnings& warnings) : warnings_(warnings) {}

  void check(const config::Node& stages) {
    for (const config::Node& item : stages.items()) {
      config::Warnings of_item;
      try {
        build(item, of_item);
      } catch (const config::Error& error) {
        check_inner(item, error);
        continue;
      }
      for (const auto& warning : of_item.items()) warnings_.add(warning.place, warning.message);
    }
  }

 private:
  void build(const config::Node& item, config::Warnings& warnings) {
    pipeline::SymbolTable symbols;
    pipeline::StageContext context{symbols, warnings, metrics_, [] { return pipeline::Timestamp(); }};
    static_cast<void>(pipeline::build_stage(item, context));
  }

  // The error may be that of a stage inside, which comes again there, with its neighbours' errors.
  void check_inner(const config::Node& item, const config::Error& error) {
    const std::size_t before = warnings_.errors().size();
    if (const auto flow = pipeline::stage_flow(item)) check(flow->inner);
    const auto& errors = warnings_.errors();
    const bool is_known = std::any_of(
        errors.begin() + static_cast<std::ptrdiff_t>(before), errors.end(),
        [&error](const config::Error& other) { return std::string_view(other.what()) == error.what(); });
    if (!is_known) warnings_.refuse(error);
  }

  config::Warnings& warnings_;
  Metrics metrics_;
};

}  // namespace

void check_client(const config::ClientConfig& client) {
  pipeline::SymbolTable symbols;
  const Relabeler relabeler(client.relabel_configs);
  if (!client.match.empty()) client_selector(client.match, client.match_place, symbols);
}

void check_jobs(const config::Config& config, config::Warnings& warnings) {
  Metrics metrics;
  pipeline::SymbolTable symbols;
  NoSink sink;
  pipeline::StageContext context{symbols, warnings, metrics, [] { return pipeline::Timestamp(); }};
  for (const auto& client : config.clients) check_client(client);
  for (const auto& scrape : config.scrape_configs) {
    const Relabeler relabeler(scrape.relabel_configs);
    const pipeline::Pipeline pipeline(scrape.pipeline_stages, context, sink);
  }
}

bool gather_job_errors(const config::ScrapeConfig& scrape, config::Warnings& warnings) {
  const std::size_t before = warnings.errors().size();
  for (const config::RelabelConfig& rule : scrape.relabel_configs) {
    warnings.attempt([&rule] { const Relabeler relabeler({rule}); });
  }
  StageCheck(warnings).check(scrape.pipeline_stages);
  return warnings.errors().size() == before;
}

}  // namespace lokitail::agent
