#include "agent/command/explain.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "agent/clock.h"
#include "agent/command/arguments.h"
#include "agent/command/explain/options.h"
#include "agent/command/job.h"
#include "agent/command/passage_text.h"
#include "agent/telemetry/log.h"
#include "config/load.h"
#include "pipeline/trace_json.h"
#include "pipeline/traced_pipeline.h"

namespace lokitail::agent {
namespace explain {
namespace {

constexpr int kBadInput = 1;

PipelineSource pipeline_source(const Options& options, config::Warnings& warnings) {
  if (!options.stages_file.empty()) {
    return {config::Node::parse(config::read_file(options.stages_file), options.stages_file)};
  }
  config::LoadedConfig loaded = config::load_file(options.config, config::process_env);
  warnings = std::move(loaded.warnings);
  return pipeline_of_job(loaded.config, options.job, {});
}

// Shows each entry as it comes to its end, and at last the lines that never came out.
class Printer {
 public:
  explicit Printer(const Options& options) : options_(options), paint_(options.colours) {}

  void show(const pipeline::Passage& passage) {
    std::string text;
    if (options_.json) {
      append_json(text, passage);
      text += '\n';
    } else {
      if (!std::exchange(first_, false)) text += '\n';
      text += passage_text(passage, paint_);
    }
    write(text);
    for (const std::size_t line : passage.lines) held_.erase(line);
    if (passage.outcome != pipeline::Passage::Outcome::kHeld) return;
    for (const std::size_t line : passage.lines) held_[line] = stop_text(passage);
  }

  // JSON says for each entry what has become of it.
  void show_held() const {
    if (options_.json) return;
    for (const auto& [line, stop] : held_) {
      write(paint_(Colour::kYellow, fmt::format("\nline {} is still {}", line, stop)) + "\n");
    }
  }

 private:
  static void write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

  const Options& options_;
  const Painter paint_;
  bool first_ = true;
  std::map<std::size_t, std::string> held_;
};

void push_all(std::istream& lines, pipeline::TracedPipeline& pipeline) {
  for (std::string line; std::getline(lines, line);) {
    pipeline.push(line);
    std::fflush(stdout);  // somebody may be typing them
  }
}

void push_lines(const Options& options, pipeline::TracedPipeline& pipeline) {
  for (const std::string& line : options.lines) pipeline.push(line);
  if (!options.lines.empty()) return;
  if (options.file.empty()) return push_all(std::cin, pipeline);
  std::ifstream file(options.file, std::ios::binary);
  push_all(file, pipeline);
  if (!file.is_open() || file.bad()) throw std::runtime_error(options.file + ": cannot be read");
}

void run(const Options& options) {
  config::Warnings warnings;
  const PipelineSource source = pipeline_source(options, warnings);
  Printer printer(options);
  pipeline::TracedPipeline pipeline(source.stages, options.labels.value_or(source.labels),
                                    options.now.value_or(system_time()), warnings,
                                    [&printer](const pipeline::Passage& passage) { printer.show(passage); });
  for (const std::string& text : warnings.texts()) fmt::print(stderr, "warning: {}\n", text);
  push_lines(options, pipeline);
  pipeline.drain();
  printer.show_held();
}

}  // namespace
}  // namespace explain

int run_explain(std::span<const char* const> arguments) {
  explain::Options options;
  try {
    options = explain::parse_options(arguments);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail explain: {}\nRun lokitail explain --help for what there is\n",
               problem.what());
    return kBadArguments;
  }
  if (options.help) {
    fmt::print("{}", explain::kUsage);
    return EXIT_SUCCESS;
  }
  log::configure(log::Level::kError, log::Format::kLogfmt);
  try {
    explain::run(options);
  } catch (const std::exception& problem) {
    std::fflush(stdout);
    fmt::print(stderr, "lokitail explain: {}\n", problem.what());
    return explain::kBadInput;
  }
  return EXIT_SUCCESS;
}

}  // namespace lokitail::agent
