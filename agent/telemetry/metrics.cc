#include "agent/telemetry/metrics.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>

#include "agent/telemetry/log.h"
#include "agent/telemetry/text_format.h"
#include "agent/version.h"

namespace lokitail::agent {
namespace {

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const std::string& name,
                                                  const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

// The names that a metric has on the page.
std::set<std::string> sample_names(const std::string& name, bool is_histogram) {
  if (!is_histogram) return {name};
  return {name, name + "_bucket", name + "_sum", name + "_count"};
}

}  // namespace

// Registered when it first counts, so that /metrics does not list what has never happened.
class Metrics::StageCounter final : public pipeline::Counter {
 public:
  StageCounter(prometheus::Family<prometheus::Counter>& family, prometheus::Labels labels)
      : family_(family), labels_(std::move(labels)) {}

  void increment(double by) override {
    prometheus::Counter* counter = counter_.load(std::memory_order_relaxed);
    if (counter == nullptr) {
      counter = &family_.Add(labels_);  // the same for everyone who gets here at once
      counter_.store(counter, std::memory_order_relaxed);
    }
    counter->Increment(by);
  }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  const prometheus::Labels labels_;
  std::atomic<prometheus::Counter*> counter_ = nullptr;
};

Metrics::~Metrics() = default;

Metrics::Metrics()
    : encoded_bytes_(
          counters(registry_, "promtail_encoded_bytes_total", "Number of bytes encoded and ready to send.")),
      sent_bytes_(counters(registry_, "promtail_sent_bytes_total", "Number of bytes sent.")),
      sent_entries_(
          counters(registry_, "promtail_sent_entries_total", "Number of log entries sent to the ingester.")),
      dropped_bytes_(counters(registry_, "promtail_dropped_bytes_total",
                              "Number of bytes dropped because failed to be sent to the ingester "
                              "after all retries.")),
      dropped_entries_(counters(registry_, "promtail_dropped_entries_total",
                                "Number of log entries dropped because failed to be sent to the "
                                "ingester after all retries.")),
      mutated_bytes_(counters(registry_, "promtail_mutated_bytes_total",
                              "The total number of bytes that have been mutated.")),
      mutated_entries_(counters(registry_, "promtail_mutated_entries_total",
                                "The total number of log entries that have been mutated.")),
      batch_retries_(counters(registry_, "promtail_batch_retries_total",
                              "Number of times batches has had to be retried.")),
      refused_entries_(counters(registry_, "lokitail_refused_entries_total",
                                "Number of log entries that Loki refused for good, by Loki's "
                                "reason.")),
      taken_entries_(counters(registry_, "lokitail_client_taken_entries_total",
                              "Number of log entries that a client was given.")),
      client_entries_(counters(registry_, "lokitail_client_entries_total",
                               "Number of log entries for a client, by what became of them.")),
      pending_entries_(prometheus::BuildGauge()
                           .Name("lokitail_client_pending_entries")
                           .Help("Log entries of a client of which nothing has become yet.")
                           .Register(registry_)),
      spool_bytes_(prometheus::BuildGauge()
                       .Name("lokitail_spool_bytes")
                       .Help("Bytes on disk that wait to be sent.")
                       .Register(registry_)),
      learned_limit_(prometheus::BuildGauge()
                         .Name("lokitail_client_learned_limit")
                         .Help("Limits of Loki, as far as its answers told them.")
                         .Register(registry_)),
      spool_corrupt_records_(counters(registry_, "lokitail_spool_corrupt_records_total",
                                      "Number of damaged records in the spool that were skipped.")),
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
  for (const char* const reason : {"ingester_error", "rate_limited", "stream_limited", "line_too_long"}) {
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
void Metrics::entries_taken(const std::string& client, const std::string& from, std::size_t entries) {
  const std::lock_guard lock(accounts_mutex_);
  Account& account = accounts_[client];
  account.taken += entries;
  taken_entries_.Add({{"client", client}, {"from", from}}).Increment(static_cast<double>(entries));
  pending_entries_.Add({{"client", client}}).Set(static_cast<double>(account.pending()));
}

void Metrics::entries_done(const std::string& client, const std::string& outcome, const std::string& reason,
                           std::size_t entries) {
  const std::lock_guard lock(accounts_mutex_);
  Account& account = accounts_[client];
  std::uint64_t& count = outcome == "sent"        ? account.sent
                         : outcome == "refused"   ? account.refused
                         : outcome == "dropped"   ? account.dropped
                         : outcome == "unmatched" ? account.unmatched
                                                  : account.spooled;
  count += entries;
  client_entries_.Add({{"client", client}, {"outcome", outcome}, {"reason", reason}})
      .Increment(static_cast<double>(entries));
  pending_entries_.Add({{"client", client}}).Set(static_cast<double>(account.pending()));
}

void Metrics::client_sent_bytes(const std::string& client, std::size_t bytes) {
  const std::lock_guard lock(accounts_mutex_);
  accounts_[client].sent_bytes += bytes;
}

Metrics::Account Metrics::account(const std::string& client) const {
  const std::lock_guard lock(accounts_mutex_);
  const auto known = accounts_.find(client);
  return known == accounts_.end() ? Account() : known->second;
}

prometheus::Counter& Metrics::counter_of(const std::string& name, const std::string& help,
                                         const std::map<std::string, std::string>& labels) {
  return counters(registry_, name, help).Add(labels);
}

prometheus::Gauge& Metrics::learned_limit(const std::string& client, const char* limit) {
  return learned_limit_.Add({{"client", client}, {"limit", limit}});
}

prometheus::Gauge& Metrics::spool_bytes(const std::string& client) {
  return spool_bytes_.Add({{"client", client}});
}
prometheus::Counter& Metrics::spool_corrupt_records(const std::string& client) {
  return spool_corrupt_records_.Add({{"client", client}});
}
prometheus::Histogram& Metrics::request_duration(const std::string& host, int status) {
  // The default buckets of Prometheus' Go client, as Promtail has them.
  static const prometheus::Histogram::BucketBoundaries kBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                                   0.5,   1,    2.5,   5,    10};
  return request_duration_.Add({{"status_code", std::to_string(status)}, {"host", host}}, kBuckets);
}

pipeline::Counter& Metrics::counter(std::string_view name, std::string_view help,
                                    const LabelTexts& label_texts) {
  prometheus::Labels labels;
  for (const auto& [label, value] : label_texts) labels.emplace(label, value);
  const std::lock_guard lock(stage_mutex_);
  auto family = stage_families_.find(name);
  if (family == stage_families_.end()) {
    auto& added = counters(registry_, std::string(name), std::string(help));
    family = stage_families_.emplace(name, &added).first;
  }
  auto& counter = stage_counters_[{family->first, labels}];
  if (!counter) counter = std::make_unique<StageCounter>(*family->second, std::move(labels));
  return *counter;
}

void Metrics::add_collectable(const std::shared_ptr<prometheus::Collectable>& collectable) {
  collectables_.push_back(collectable);
}

std::string Metrics::scrape() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return scrape(std::chrono::floor<std::chrono::seconds>(now).count());
}

std::string Metrics::scrape(std::int64_t now) const {
  TextFormat text;
  std::set<std::string> taken;
  for (const auto& [name, family] : collect()) {
    text.add(family);
    taken.merge(sample_names(name, family.type == prometheus::MetricType::Histogram));
  }
  for (const auto& family : families().all()) {
    if (!clashes(*family, taken)) text.add(*family, now);
  }
  return text.take();
}

// Each name once, or else nobody could read the page.
Metrics::Families Metrics::collect() const {
  Families families;
  const auto add = [&families](std::vector<prometheus::MetricFamily> collected) {
    for (auto& family : collected) {
      const auto [known, is_new] = families.try_emplace(family.name);
      if (is_new) {
        known->second = std::move(family);
      } else if (known->second.type == family.type) {
        std::ranges::move(family.metric, std::back_inserter(known->second.metric));
      }
    }
  };
  add(registry_.Collect());
  add(limits_.collect());
  for (const auto& collectable : collectables_) add(collectable->Collect());
  return families;
}

bool Metrics::clashes(const pipeline::MetricFamily& family, const std::set<std::string>& taken) const {
  const auto names = sample_names(family.name(), family.type() == pipeline::MetricType::kHistogram);
  const auto is_taken = [&taken](const std::string& name) { return taken.contains(name); };
  if (std::ranges::none_of(names, is_taken)) return false;
  const std::lock_guard lock(clashes_mutex_);
  if (clashes_.insert(family.name()).second) {
    log::warn("a metric of a pipeline has the name of one of the agent's own and is not exposed",
              {{"metric", family.name()}});
  }
  return true;
}

}  // namespace lokitail::agent
