#include "agent/command/check/inspection.h"

#include <algorithm>
#include <stdexcept>

#include "agent/lint/ignores.h"
#include "agent/lint/lint.h"
#include "agent/lint/sample/sample_run.h"
#include "agent/lint/trial_build.h"
#include "agent/source/file/glob.h"
#include "config/load.h"

namespace lokitail::agent::check {
namespace {

using lint::Finding;
using lint::Severity;

// What reading says that is no error.
constexpr const char* kReadingId = "configuration";

void read(const Options& options, const config::ConfigText& text, const config::Node& root,
          config::Config& config, config::Warnings& warnings) {
  warnings.attempt([&] { config = config::read_config(root, text.path, warnings); });
  config::apply_flags(options.agent, config);
  warnings.attempt([&] { config::complete(config, warnings); });
  for (const config::ClientConfig& client : config.clients) {
    warnings.attempt([&] { check_client(client); });
  }
  for (config::ScrapeConfig& scrape : config.scrape_configs) {
    const bool has_targets = scrape.has_targets || config.target_config.read_stdin;
    scrape.faulty = !gather_job_errors(scrape, warnings) || scrape.faulty || !has_targets;
  }
}

lint::Subject subject_of(const Options& options, const config::ConfigText& text, const config::Node& root,
                         const config::Config& config) {
  lint::Subject subject{config, root, text.raw};
  subject.looks_at_files = options.looks_at_files;
  const config::Node jobs = lint::child(root, "scrape_configs");
  for (std::size_t i = 0; i < jobs.items().size() && i < config.scrape_configs.size(); ++i) {
    subject.jobs.push_back(lint::model_job(jobs.items()[i], config.scrape_configs[i],
                                           config.target_config.read_stdin && i == 0));
  }
  return subject;
}

std::string names_of(const std::vector<lint::JobModel>& jobs) {
  std::string names;
  for (const lint::JobModel& job : jobs) names += (names.empty() ? "" : ", ") + job.name;
  return names;
}

// The job whose lines the sample holds: the one that is named, or whose files it is one of, or the
// only one.
std::size_t sampled_job(const Options& options, const std::vector<lint::JobModel>& jobs) {
  const std::string file = clean_path(options.sample);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto matches = [&file](const lint::PathModel& path) {
      return path.labels && Glob(path.path).matches(file);
    };
    const bool is_it =
        options.job.empty() ? std::ranges::any_of(jobs[i].paths, matches) : jobs[i].name == options.job;
    if (is_it) return i;
  }
  if (!options.job.empty()) {
    throw std::invalid_argument("--job: there is no job '" + options.job + "', only " + names_of(jobs));
  }
  if (jobs.size() == 1) return 0;
  throw std::invalid_argument("--sample: no job's paths match " + file +
                              "; name one with --job: " + names_of(jobs));
}

void run_sample(const Options& options, lint::Subject& subject) {
  if (options.sample.empty() || subject.jobs.empty()) return;
  const std::size_t job = sampled_job(options, subject.jobs);
  if (subject.jobs[job].is_faulty) return;
  subject.sample = lint::run_sample(options.sample, subject.config.scrape_configs[job], subject.jobs[job]);
}

void add_errors(const std::vector<config::Error>& errors, std::vector<Finding>& findings) {
  for (const config::Error& error : errors) {
    findings.push_back({Severity::kError, "", error.place(), error.message(), ""});
  }
}

}  // namespace

std::size_t Inspection::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

Inspection inspect(const Options& options, const config::EnvLookup& env) {
  Inspection inspection;
  inspection.file = options.agent.config_file;
  config::ConfigText text;
  config::Config config;
  config::Warnings warnings;
  warnings.gather_errors();
  config::Node root;
  const bool is_yaml = warnings.attempt([&] {
    text = config::read_config_text(options.agent, env);
    root = config::Node::parse(text.expanded, text.path);
  });
  if (is_yaml) read(options, text, root, config, warnings);
  std::vector<config::Error> errors = warnings.errors();
  std::ranges::stable_sort(errors, {}, [](const config::Error& error) {
    return std::pair(error.place().line, error.place().column);
  });
  if (!errors.empty()) errors.front() = config::with_hint(errors.front(), options.agent, text);
  add_errors(errors, inspection.findings);
  if (!is_yaml) return inspection;

  lint::Subject subject = subject_of(options, text, root, config);
  run_sample(options, subject);
  for (const auto& warning : warnings.items()) {
    inspection.findings.push_back({Severity::kWarning, kReadingId, warning.place, warning.message, ""});
  }
  lint::Ignores ignores(text.expanded);
  for (const std::string& id : options.ignored) ignores.add(id);
  std::ranges::move(lint::run_lints(subject, ignores), std::back_inserter(inspection.findings));
  inspection.sample = std::move(subject.sample);
  return inspection;
}

}  // namespace lokitail::agent::check
