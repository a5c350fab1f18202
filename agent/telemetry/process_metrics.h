// What the process itself uses, under the names of Prometheus' client libraries.
//
// Threads: any. Errors: what /proc does not tell is left out.
// Source:  proc(5); https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
#pragma once

#include <prometheus/collectable.h>

#include <vector>

namespace lokitail::agent {

class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace lokitail::agent
