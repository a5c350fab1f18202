#include "agent/telemetry/ledger.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace lokitail::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void add(MetricFamily& family, std::vector<ClientMetric::Label> labels, std::int64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

}  // namespace

Ledger::Job& Ledger::Job::operator+=(const Job& other) {
  lines += other.lines;
  entries += other.entries;
  for (std::size_t i = 0; i < other.stages.size(); ++i) {
    const pipeline::StageCounts& added = other.stages[i];
    // A job whose stages were changed has those of before behind the others.
    std::size_t at = i;
    while (at < stages.size() && stages[at].stage != added.stage) ++at;
    if (at >= stages.size()) {
      stages.push_back(added);
      continue;
    }
    stages[at].taken += added.taken;
    stages[at].given += added.given;
    stages[at].held += added.held;
  }
  return *this;
}

void Ledger::publish(std::size_t worker, Page page) {
  const std::lock_guard lock(mutex_);
  pages_.resize(std::max(pages_.size(), worker + 1));
  pages_[worker] = std::move(page);
}

Ledger::Page Ledger::page() const {
  const std::lock_guard lock(mutex_);
  Page sum;
  for (const Page& page : pages_) {
    for (const auto& [name, job] : page) sum[name] += job;
  }
  return sum;
}

std::vector<MetricFamily> Ledger::Collect() const {
  MetricFamily lines =
      family("lokitail_job_lines_total", "Number of lines into the pipeline of a job.", MetricType::Counter);
  MetricFamily entries = family("lokitail_job_entries_total",
                                "Number of entries out of the pipeline of a job.", MetricType::Counter);
  MetricFamily consumed =
      family("lokitail_stage_consumed_lines_total",
             "Number of lines that a stage dropped, or joined to others.", MetricType::Counter);
  MetricFamily held =
      family("lokitail_stage_held_entries", "Number of entries that a stage holds back.", MetricType::Gauge);
  for (const auto& [name, job] : page()) {
    add(lines, {{"job", name}}, static_cast<std::int64_t>(job.lines));
    add(entries, {{"job", name}}, static_cast<std::int64_t>(job.entries));
    for (std::size_t i = 0; i < job.stages.size(); ++i) {
      const pipeline::StageCounts& stage = job.stages[i];
      const std::vector<ClientMetric::Label> labels = {{"job", name},
                                                       {"stage", fmt::format("{} {}", i, stage.stage)}};
      // A stage that makes entries of its own, such as dedupe's reports, consumes less by so many.
      add(consumed, labels,
          static_cast<std::int64_t>(stage.taken) - static_cast<std::int64_t>(stage.given + stage.held));
      add(held, labels, static_cast<std::int64_t>(stage.held));
    }
  }
  return {lines, entries, consumed, held};
}

}  // namespace lokitail::agent
