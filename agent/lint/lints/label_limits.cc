// Labels that Loki refuses: too many of them, names and values that it does not take, none at all.

#include <algorithm>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/lint/loki_limits.h"
#include "pipeline/label_name.h"

namespace lokitail::agent::lint {
namespace {

bool is_sent(const std::string& label) { return label != "__tenant_id__"; }

// The labels that some client adds.
std::size_t external_labels(const config::Config& config) {
  std::size_t most = 0;
  for (const auto& client : config.clients) most = std::max(most, client.external_labels.size());
  return most;
}

// The most labels that one entry can have: those that are always there, and those of the one
// `match` that brings most.
std::size_t most_labels(const FlowState& state) {
  std::size_t always = 0;
  std::map<std::size_t, std::size_t> within;
  for (const auto& [name, fact] : state.labels) {
    if (!is_sent(name)) continue;
    ++(fact.only_within ? within[*fact.only_within] : always);
  }
  std::size_t most = 0;
  for (const auto& [match, labels] : within) most = std::max(most, labels);
  return always + most;
}

// Calls visit(name, place, values) for each label that is set, whatever becomes of it.
template <typename Visit>
void for_each_label(const Subject& subject, Visit visit) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const auto& [name, fact] : job->initial.labels) visit(name, fact.place, fact.values);
    for (const StepModel& step : job->steps) {
      for (const pipeline::FlowLabel& label : step.flow.labels) {
        std::optional<std::set<std::string>> values;
        if (label.value) values = {*label.value};
        visit(label.name, label.place, values);
      }
    }
  }
  const auto clients = child(subject.root, "clients").items();
  for (const config::Node& client : clients) {
    for (const auto& [key, value] : child(client, "external_labels").entries()) {
      visit(key.text(), key.place(), std::optional(std::set<std::string>{value.text()}));
    }
  }
}

}  // namespace

void check_too_many_labels(const Subject& subject, Report& report) {
  const std::size_t external = external_labels(subject.config);
  for (const JobModel* job : subject.sound_jobs()) {
    const std::size_t labels = most_labels(job->end) + external;
    if (labels <= loki::kMostLabels) continue;
    std::string names;
    for (const auto& [name, fact] : job->end.labels) {
      if (is_sent(name)) names += (names.empty() ? "" : ", ") + name;
    }
    report.add(
        job->node.place(),
        fmt::format("entries of the job {} can have {} labels ({}{}), and Loki refuses those "
                    "with more than {} (max_label_names_per_series)",
                    job->name, labels, names, external == 0 ? "" : fmt::format(", and {} external", external),
                    loki::kMostLabels),
        "structured_metadata for those by which nobody picks streams");
  }
}

void check_label_name(const Subject& subject, Report& report) {
  for_each_label(subject, [&](const std::string& name, const config::Place& place, const auto&) {
    if (pipeline::is_label_name(name)) return;
    std::string better = name;
    std::ranges::replace_if(
        better, [](char c) { return c == '.' || c == '-' || c == ' ' || c == '/'; }, '_');
    if (!pipeline::is_label_name(better)) better.clear();
    report.add(place,
               fmt::format("Loki refuses every entry with the label \"{}\": names are letters, digits "
                           "and underscores, and do not begin with a digit",
                           name),
               better);
  });
}

void check_label_length(const Subject& subject, Report& report) {
  for_each_label(subject, [&](const std::string& name, const config::Place& place, const auto& values) {
    if (name.size() > loki::kLongestLabelName) {
      report.add(place, fmt::format("a label name of {} bytes: Loki refuses those of more than {}",
                                    name.size(), loki::kLongestLabelName));
    }
    if (!values) return;
    for (const std::string& value : *values) {
      if (value.size() <= loki::kLongestLabelValue) continue;
      report.add(place, fmt::format("the value of the label {} has {} bytes: Loki refuses those of "
                                    "more than {}",
                                    name, value.size(), loki::kLongestLabelValue));
    }
  });
}

void check_no_labels(const Subject& subject, Report& report) {
  if (external_labels(subject.config) > 0) return;
  for (const JobModel* job : subject.sound_jobs()) {
    const bool has_targets = !job->tails_files || !job->paths.empty();
    const bool has_labels =
        job->end.has_unknown_labels ||
        std::ranges::any_of(job->end.labels, [](const auto& label) { return is_sent(label.first); });
    if (has_labels || !has_targets) continue;
    report.add(job->node.place(),
               fmt::format("no entry of the job {} has a label in the end, and Loki refuses those "
                           "without any",
                           job->name),
               "a label such as `job` that the stages leave alone");
  }
}

}  // namespace lokitail::agent::lint
