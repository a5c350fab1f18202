// Lints a configuration as a user would write it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "config/load.h"

namespace lokitail::agent::lint::test {

struct Linting {
  bool looks_at_files = false;
  std::optional<SampleResult> sample{};
  std::string ignored{};
};

// Everything that is found. A job counts as sound even where the agent cannot run it yet.
inline std::vector<Finding> lint(const std::string& text, const Linting& how = {}) {
  config::Warnings warnings;
  warnings.gather_errors();
  const config::Node root = config::Node::parse(text, "f");
  config::Config config = config::read_config(root, "f", warnings);
  warnings.attempt([&] { config::complete(config, warnings); });
  Subject subject{config, root, text};
  subject.looks_at_files = how.looks_at_files;
  subject.sample = how.sample;
  const config::Node jobs = child(root, "scrape_configs");
  for (std::size_t i = 0; i < jobs.items().size(); ++i) {
    subject.jobs.push_back(
        model_job(jobs.items()[i], config.scrape_configs.at(i), config.target_config.read_stdin));
    subject.jobs.back().is_faulty = false;
  }
  Ignores ignores(text);
  if (!how.ignored.empty()) ignores.add(how.ignored);
  return run_lints(subject, ignores);
}

// The places of what one lint finds, "line:column".
inline std::vector<std::string> places(std::string_view id, const std::string& text,
                                       const Linting& how = {}) {
  std::vector<std::string> found;
  for (const Finding& finding : lint(text, how)) {
    if (finding.id == id) found.push_back(fmt::format("{}:{}", finding.place.line, finding.place.column));
  }
  return found;
}

// Message and better form of the first thing that one lint finds; empty where it finds nothing.
inline std::string says(std::string_view id, const std::string& text, const Linting& how = {}) {
  for (const Finding& finding : lint(text, how)) {
    if (finding.id == id) return finding.message + " / " + finding.better;
  }
  return "";
}

// All that is found, "id line".
inline std::vector<std::string> all_of(const std::string& text, const Linting& how = {}) {
  std::vector<std::string> found;
  for (const Finding& finding : lint(text, how)) {
    found.push_back(fmt::format("{} {}", finding.id, finding.place.line));
  }
  return found;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline const std::string kClient = "clients: [{url: http://loki:3100/loki/api/v1/push}]\n";

// A job with these stages, as block YAML without indentation; the first of their lines is line 7.
inline std::string job(const std::string& stages, const std::string& path = "/var/log/app.log",
                       const std::string& more_labels = "") {
  return kClient +
         fmt::format(
             "scrape_configs:\n"
             "- job_name: j\n"
             "  static_configs:\n"
             "  - labels: {{job: app, __path__: '{}'{}}}\n"
             "  pipeline_stages:\n",
             path, more_labels.empty() ? "" : ", " + more_labels) +
         [&stages] {
           std::string indented;
           std::size_t from = 0;
           while (from < stages.size()) {
             const std::size_t end = std::min(stages.find('\n', from), stages.size());
             indented += "  " + stages.substr(from, end - from) + "\n";
             from = end + 1;
           }
           return indented.empty() ? std::string("    []\n") : indented;
         }();
}

using Places = std::vector<std::string>;

struct Row {
  const char* what;
  std::string config;
  Places want;
};

}  // namespace lokitail::agent::lint::test
