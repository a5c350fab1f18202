#include "agent/telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include "agent/version.h"

namespace lokitail::agent {
namespace {

prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name,
                                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics()
    : encoded_bytes_(counter(registry_, "promtail_encoded_bytes_total",
                             "Number of bytes encoded and ready to send.")),
      sent_bytes_(counter(registry_, "promtail_sent_bytes_total", "Number of bytes sent.")),
      sent_entries_(counter(registry_, "promtail_sent_entries_total",
                            "Number of log entries sent to the ingester.")),
      dropped_bytes_(counter(registry_, "promtail_dropped_bytes_total",
                             "Number of bytes dropped because failed to be sent to the ingester "
                             "after all retries.")),
      dropped_entries_(counter(registry_, "promtail_dropped_entries_total",
                               "Number of log entries dropped because failed to be sent to the "
                               "ingester after all retries.")),
      mutated_bytes_(counter(registry_, "promtail_mutated_bytes_total",
                             "The total number of bytes that have been mutated.")),
      mutated_entries_(counter(registry_, "promtail_mutated_entries_total",
                               "The total number of log entries that have been mutated.")),
      batch_retries_(counter(registry_, "promtail_batch_retries_total",
                             "Number of times batches has had to be retried.")),
      refused_entries_(counter(registry_, "lokitail_refused_entries_total",
                               "Number of log entries that Loki refused for good, by Loki's "
                               "reason.")),
      dropped_lines_(counter(registry_, "logentry_dropped_lines_total",
                             "A count of all log lines dropped as a result of a pipeline stage")),
      request_duration_(prometheus::BuildHistogram()
                            .Name("promtail_request_duration_seconds")
                            .Help("Duration of send requests.")
                            .Register(registry_)) {
  prometheus::BuildGauge()
      .Name("promtail_build_info")
      .Help("A metric with a constant '1' value labeled by version of the agent.")
      .Register(registry_)
      .Add({{"version", kVersion},
            {"branch", ""},
            {"revision", ""},
            {"goversion", ""},
            {"goos", "linux"},
            {"goarch", ""},
            {"tags", "lokitail"}})
      .Set(1);
}

void Metrics::add_tenant(const std::string& host, const std::string& tenant) {
  for (const char* const reason :
       {"ingester_error", "rate_limited", "stream_limited", "line_too_long"}) {
    dropped_bytes(host, tenant, reason);
    dropped_entries(host, tenant, reason);
    mutated_bytes(host, tenant, reason);
    mutated_entries(host, tenant, reason);
  }
  batch_retries(host, tenant);
}

prometheus::Counter& Metrics::encoded_bytes(const std::string& host) {
  return encoded_bytes_.Add({{"host", host}});
}
prometheus::Counter& Metrics::sent_bytes(const std::string& host) {
  return sent_bytes_.Add({{"host", host}});
}
prometheus::Counter& Metrics::sent_entries(const std::string& host) {
  return sent_entries_.Add({{"host", host}});
}
prometheus::Counter& Metrics::dropped_bytes(const std::string& host, const std::string& tenant,
                                            const std::string& reason) {
  return dropped_bytes_.Add({{"host", host}, {"tenant", tenant}, {"reason", reason}});
}
prometheus::Counter& Metrics::dropped_entries(const std::string& host, const std::string& tenant,
                                              const std::string& reason) {
  return dropped_entries_.Add({{"host", host}, {"tenant", tenant}, {"reason", reason}});
}
prometheus::Counter& Metrics::mutated_bytes(const std::string& host, const std::string& tenant,
                                            const std::string& reason) {
  return mutated_bytes_.Add({{"host", host}, {"tenant", tenant}, {"reason", reason}});
}
prometheus::Counter& Metrics::mutated_entries(const std::string& host, const std::string& tenant,
                                              const std::string& reason) {
  return mutated_entries_.Add({{"host", host}, {"tenant", tenant}, {"reason", reason}});
}
prometheus::Counter& Metrics::batch_retries(const std::string& host, const std::string& tenant) {
  return batch_retries_.Add({{"host", host}, {"tenant", tenant}});
}
prometheus::Counter& Metrics::refused_entries(const std::string& host, const std::string& tenant,
                                              const std::string& reason) {
  return refused_entries_.Add({{"host", host}, {"tenant", tenant}, {"reason", reason}});
}
prometheus::Histogram& Metrics::request_duration(const std::string& host, int status) {
  // The default buckets of Prometheus' Go client, as Promtail has them.
  static const prometheus::Histogram::BucketBoundaries kBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                                   0.5,   1,    2.5,   5,    10};
  return request_duration_.Add({{"status_code", std::to_string(status)}, {"host", host}}, kBuckets);
}

void Metrics::dropped_line(std::string_view reason) {
  dropped_lines_.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::add_collectable(const std::shared_ptr<prometheus::Collectable>& collectable) {
  collectables_.push_back(collectable);
}

std::string Metrics::scrape() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  for (const auto& collectable : collectables_) {
    for (auto& family : collectable->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace lokitail::agent
