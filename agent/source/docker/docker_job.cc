#include "agent/source/docker/docker_job.h"

#include <charconv>

#include "agent/source/received/dropped_entries.h"
#include "agent/state/positions.h"
#include "agent/telemetry/metrics.h"
#include "agent/workers.h"

namespace lokitail::agent {
namespace {

constexpr const char* kStreamLabel = "__meta_docker_container_log_stream";

DockerCounters counters_of(const config::ScrapeConfig& job, Metrics& metrics) {
  return {metrics.counter_of("promtail_docker_target_entries_total",
                             "Total number of successful entries sent to the Docker target"),
          metrics.counter_of("promtail_docker_target_parsing_errors_total",
                             "Total number of parsing errors while receiving Docker messages"),
          dropped_entries(metrics, job.job_name)};
}

// The labels are relabelled before.
ReceivedSource::Spec spec_of(const config::ScrapeConfig& job, prometheus::Counter& entries) {
  ReceivedSource::Spec spec;
  spec.job = job.job_name;
  spec.can_be_read_again = !job.spools;
  spec.pushed = [&entries](std::size_t count) { entries.Increment(static_cast<double>(count)); };
  return spec;
}

// Promtail's: a second.
std::string cursor_key(const std::string& container) { return "cursor-" + container; }
// Ours: log_position.h.
std::string exact_key(const std::string& container) { return "cursor-" + container + "-exact"; }

}  // namespace

DockerJob::DockerJob(const config::ScrapeConfig& job, const TargetContext& given)
    : config(job),
      context(given),
      relabeler(job.relabel_configs),
      counters(counters_of(job, given.metrics)),
      source(std::make_shared<ReceivedSource>(given.control, given.worker, spec_of(job, counters.entries))) {}

StreamLabels DockerJob::relabelled(const config::LabelMap& container) const {
  StreamLabels result;
  for (std::size_t i = 0; i < kLogStreams; ++i) {
    config::LabelMap labels = container;
    labels[kStreamLabel] = kLogStreamNames[i];
    if (!relabeler.apply(labels)) continue;
    std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
    // Loki takes nothing without a label.
    if (!labels.empty()) result[i] = std::move(labels);
  }
  return result;
}

// Where Promtail went on from what we had read, its cursor is ahead.
std::optional<LogPosition> DockerJob::position(const std::string& container) const {
  const auto cursor = context.positions.value(cursor_key(container));
  const auto exact = context.positions.value(exact_key(container));
  const auto ours = exact ? LogPosition::parse(*exact) : std::nullopt;
  if (!cursor) return ours;
  std::int64_t second = 0;
  const auto [end, error] = std::from_chars(cursor->data(), cursor->data() + cursor->size(), second);
  if (error != std::errc() || end != cursor->data() + cursor->size()) return ours;
  if (ours && ours->newest().seconds >= second) return ours;
  return LogPosition::at_second(second);
}

void DockerJob::set_position(const std::string& container, const LogPosition& position) const {
  context.positions.set_value(exact_key(container), position.to_text());
  context.positions.set_value(cursor_key(container), std::to_string(position.newest().seconds));
}

Worker& DockerJob::worker_of(const std::string& container) const {
  return context.workers == nullptr ? context.worker : context.workers->of_source(config.job_name, container);
}

void DockerJob::forget_position(const std::string& container) const {
  context.positions.remove_value(exact_key(container));
  context.positions.remove_value(cursor_key(container));
}

}  // namespace lokitail::agent
