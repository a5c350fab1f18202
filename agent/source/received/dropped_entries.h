// Counts the received entries of a job that relabelling dropped, or left without a label.
//
// Ownership: the metrics outlive what is returned.
#pragma once

#include <string>

#include "agent/source/received/received_source.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {

inline prometheus::Counter& dropped_entries(Metrics& metrics, const std::string& job) {
  return metrics.counter_of("lokitail_received_dropped_entries_total",
                            "Received entries that relabelling dropped", {{"job", job}});
}

inline ReceivedSource::DroppedHandler count_dropped(Metrics& metrics, const std::string& job) {
  auto& dropped = dropped_entries(metrics, job);
  return [&dropped](ReceivedSource::Dropped, std::size_t count) {
    dropped.Increment(static_cast<double>(count));
  };
}

}  // namespace lokitail::agent
