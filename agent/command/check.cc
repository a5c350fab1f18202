#include "agent/command/check.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "agent/command/arguments.h"
#include "agent/command/check/inspection.h"
#include "agent/command/check/options.h"
#include "agent/command/check/print.h"
#include "agent/delivery/batcher.h"
#include "agent/delivery/entry_printer.h"
#include "agent/discovery/relabel.h"
#include "agent/telemetry/metrics.h"
#include "pipeline/flow/stage_flow.h"
#include "pipeline/pipeline.h"
#include "pipeline/registry.h"

namespace lokitail::agent {
namespace {

constexpr int kClean = 0;
constexpr int kFindings = 1;

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

int exit_status(const check::Inspection& inspection, bool strict) {
  const bool errors = inspection.count(lint::Severity::kError) > 0;
  const bool warnings = inspection.count(lint::Severity::kWarning) > 0;
  return errors || (strict && warnings) ? kFindings : kClean;
}

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

int run_check(std::span<const char* const> arguments) {
  try {
    const check::Options options = check::parse_options(arguments);
    if (options.help || options.list) {
      fmt::print("{}", options.help ? std::string(check::kUsage) : check::lint_list());
      return kClean;
    }
    const check::Inspection inspection = check::inspect(options, config::process_env);
    const bool json = options.format == check::Format::kJson;
    fmt::print("{}",
               json ? check::as_json(inspection) : check::as_text(inspection, wants_color(STDOUT_FILENO)));
    return exit_status(inspection, options.strict);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail check: {}\n{}", problem.what(),
               "`lokitail check --help` shows the arguments\n");
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
