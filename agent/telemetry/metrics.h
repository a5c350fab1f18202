// The agent's own metrics, under Promtail's names where Promtail has them, so that dashboards and
// alerts go on working; and, on the same page, those that pipelines make out of lines.
//
// Threads: any. Counters are touched per push, per refused entry or per block, never per line; those of
// stages when a stage has something to count.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/telemetry/limit_hits.h"
#include "pipeline/metrics.h"

namespace lokitail::agent {

class Metrics final : public pipeline::PipelineMetrics {
 public:
  Metrics();
  ~Metrics() override;

  // The four reasons of Promtail start at 0 with the first push of a tenant.
  void add_tenant(const std::string& host, const std::string& tenant);

  prometheus::Counter& encoded_bytes(const std::string& host);
  prometheus::Counter& sent_bytes(const std::string& host);
  prometheus::Counter& sent_entries(const std::string& host);
  prometheus::Counter& dropped_bytes(const std::string& host, const std::string& tenant,
                                     const std::string& reason);
  prometheus::Counter& dropped_entries(const std::string& host, const std::string& tenant,
                                       const std::string& reason);
  prometheus::Counter& mutated_bytes(const std::string& host, const std::string& tenant,
                                     const std::string& reason);
  prometheus::Counter& mutated_entries(const std::string& host, const std::string& tenant,
                                       const std::string& reason);
  prometheus::Counter& batch_retries(const std::string& host, const std::string& tenant);
  prometheus::Histogram& request_duration(const std::string& host, int status);
  // Ours: entries that Loki refused for good, by Loki's reason.
  prometheus::Counter& refused_entries(const std::string& host, const std::string& tenant,
                                       const std::string& reason);
  // Ours: a client's account. It takes entries from the pipelines or from the spool; `outcome`: sent,
  // refused, dropped, unmatched or spooled.
  void entries_taken(const std::string& client, const std::string& from, std::size_t entries);
  void entries_done(const std::string& client, const std::string& outcome, const std::string& reason,
                    std::size_t entries);
  void client_sent_bytes(const std::string& client, std::size_t bytes);
  struct Account {
    std::uint64_t taken = 0, sent = 0, refused = 0, dropped = 0, unmatched = 0, spooled = 0;
    std::uint64_t sent_bytes = 0;  // as they went over the network
    std::int64_t pending() const {
      return static_cast<std::int64_t>(taken) -
             static_cast<std::int64_t>(sent + refused + dropped + unmatched + spooled);
    }
  };
  Account account(const std::string& client) const;
  prometheus::Gauge& spool_bytes(const std::string& client);
  // A counter of a source. The same for the same name and labels.
  prometheus::Counter& counter_of(const std::string& name, const std::string& help,
                                  const std::map<std::string, std::string>& labels = {});
  // `limit`: line_bytes, push_bytes or label_names.
  prometheus::Gauge& learned_limit(const std::string& client, const char* limit);
  prometheus::Counter& spool_corrupt_records(const std::string& client);

  // The limits of the configuration, and how often they bit.
  LimitHits& limits() { return limits_; }
  const LimitHits& limits() const { return limits_; }

  pipeline::Counter& counter(std::string_view name, std::string_view help, const LabelTexts& labels) override;

  // Collected at each scrape beside the above. Kept alive by the caller.
  void add_collectable(const std::shared_ptr<prometheus::Collectable>& collectable);

  // Prometheus' text format. Series of pipelines that are idle then are retired. One of their metrics
  // that has the name of one of the agent's is left out, which is told once.
  std::string scrape() const;
  // The same at a time of the caller's, in seconds since 1970.
  std::string scrape(std::int64_t now) const;

 private:
  using Families = std::map<std::string, prometheus::MetricFamily>;  // by name
  Families collect() const;
  bool clashes(const pipeline::MetricFamily& family, const std::set<std::string>& taken) const;

  template <typename T>
  using FamilyOf = prometheus::Family<T>;

  prometheus::Registry registry_;
  FamilyOf<prometheus::Counter>& encoded_bytes_;
  FamilyOf<prometheus::Counter>& sent_bytes_;
  FamilyOf<prometheus::Counter>& sent_entries_;
  FamilyOf<prometheus::Counter>& dropped_bytes_;
  FamilyOf<prometheus::Counter>& dropped_entries_;
  FamilyOf<prometheus::Counter>& mutated_bytes_;
  FamilyOf<prometheus::Counter>& mutated_entries_;
  FamilyOf<prometheus::Counter>& batch_retries_;
  FamilyOf<prometheus::Counter>& refused_entries_;
  FamilyOf<prometheus::Counter>& taken_entries_;
  FamilyOf<prometheus::Counter>& client_entries_;
  FamilyOf<prometheus::Gauge>& pending_entries_;
  mutable std::mutex accounts_mutex_;
  std::map<std::string, Account> accounts_;  // by client; guarded by it
  FamilyOf<prometheus::Gauge>& spool_bytes_;
  FamilyOf<prometheus::Gauge>& learned_limit_;
  FamilyOf<prometheus::Counter>& spool_corrupt_records_;
  FamilyOf<prometheus::Histogram>& request_duration_;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;
  LimitHits limits_;
  mutable std::mutex clashes_mutex_;
  mutable std::set<std::string> clashes_;  // that were told; guarded by it
  class StageCounter;
  // Guarded by the mutex.
  std::mutex stage_mutex_;
  std::map<std::string, FamilyOf<prometheus::Counter>*, std::less<>> stage_families_;
  std::map<std::pair<std::string, prometheus::Labels>, std::unique_ptr<StageCounter>> stage_counters_;
};

}  // namespace lokitail::agent
