#include "agent/command/check.h"

#include "agent/discovery/relabel.h"
#include "agent/telemetry/metrics.h"
#include "pipeline/pipeline.h"

namespace lokitail::agent {
namespace {

struct NoSink final : pipeline::Sink {
  void push(pipeline::Entry&) override {}
};

}  // namespace

void check_jobs(const config::Config& config, config::Warnings& warnings) {
  Metrics metrics;
  pipeline::SymbolTable symbols;
  NoSink sink;
  pipeline::StageContext context{symbols, warnings, metrics, [] { return pipeline::Timestamp(); }};
  for (const auto& scrape : config.scrape_configs) {
    const Relabeler relabeler(scrape.relabel_configs);
    const pipeline::Pipeline pipeline(scrape.pipeline_stages, context, sink);
  }
}

}  // namespace lokitail::agent
