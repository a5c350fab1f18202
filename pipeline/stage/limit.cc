// limit: holds lines to a rate. Lines are counted by a token bucket that is full at the start.
//
//   rate                 required: lines per second on average
//   burst                required: lines at once
//   drop                 true drops the lines that come faster. By default they wait: no line of the
//                        job is read until there is room again, also where the stage is inside of a
//                        match
//   by_label_name        a bucket for each value of this label; needs `drop`. Entries without the
//                        label are not limited
//   max_distinct_labels  how many buckets are kept, at least 10,000: when there are as many, those
//                        that are not used until there are as many again are forgotten, and the
//                        count of dropped lines by label begins anew
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "config/value.h"
#include "pipeline/metric_family.h"
#include "pipeline/metric_text.h"
#include "pipeline/stage.h"
#include "pipeline/token_bucket.h"

namespace lokitail::pipeline {
namespace {

constexpr std::string_view kReason = "ratelimit_drop_stage";

class WaitingLimitStage final : public EntryStage {
 public:
  WaitingLimitStage(LineRate rate, const StageContext& context)
      : rate_(rate), bucket_(rate, context.now()), now_(context.now) {}

  Memory memory() const override { return Memory::kJob; }
  Verdict process(Entry&) override {
    bucket_.take();
    return Verdict::kKeep;
  }
  bool may_pause() const override { return true; }
  std::chrono::nanoseconds pause() override {
    bucket_.refill(rate_, now_());
    return bucket_.pause(rate_);
  }

 private:
  const LineRate rate_;
  TokenBucket bucket_;
  const std::function<Timestamp()> now_;
};

class LimitStage final : public EntryStage {
 public:
  LimitStage(LineRate rate, const StageContext& context)
      : rate_(rate),
        bucket_(rate, context.now()),
        dropped_lines_(context.metrics.dropped_lines(kReason)),
        now_(context.now) {}

  Memory memory() const override { return Memory::kJob; }
  Verdict process(Entry&) override {
    bucket_.refill(rate_, now_());
    if (bucket_.try_take()) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

 private:
  const LineRate rate_;
  TokenBucket bucket_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
};

// Promtail's counter of dropped lines by the value of a label.
class DroppedByLabel {
 public:
  DroppedByLabel(std::string label, StageContext& context)
      : label_(std::move(label)), family_(context.metrics.families().get(definition())) {}

  void count(const Label& label, Timestamp now) {
    auto& series = series_[label.hash];
    if (series == nullptr) series = family_->series(text(label.value), now.seconds);
    if (series != nullptr) series->increase(1);
  }

  void forget() { series_.clear(); }

 private:
  static MetricDefinition definition() {
    MetricDefinition counter;
    counter.name = "logentry_dropped_lines_by_label_total";
    counter.help = "A count of all log lines dropped as a result of a pipeline stage";
    return counter;
  }

  std::string text(std::string_view value) const {
    return metric_labels({{"label_name", label_}, {"label_value", value}});
  }

  const std::string label_;
  const std::shared_ptr<MetricFamily> family_;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<MetricSeries>> series_;
};

class LimitByLabelStage final : public EntryStage {
 public:
  LimitByLabelStage(LineRate rate, const std::string& label, std::size_t most_buckets, StageContext& context)
      : rate_(rate),
        label_(context.symbols.intern(label)),
        most_buckets_(most_buckets),
        dropped_lines_(context.metrics.dropped_lines(kReason)),
        dropped_by_label_(label, context),
        now_(context.now) {}

  Memory memory() const override { return Memory::kJob; }
  Verdict process(Entry& entry) override {
    const Label* const label = entry.labels.find(label_);
    if (label == nullptr) return Verdict::kKeep;
    const Timestamp now = now_();
    TokenBucket& bucket = bucket_of(label->hash, now);
    bucket.refill(rate_, now);
    if (bucket.try_take()) return Verdict::kKeep;
    dropped_lines_.increment();
    dropped_by_label_.count(*label, now);
    return Verdict::kDrop;
  }

 private:
  using Buckets = boost::unordered_flat_map<std::uint64_t, TokenBucket>;  // by the label's hash

  TokenBucket& bucket_of(std::uint64_t hash, Timestamp now) {
    if (const auto found = young_.find(hash); found != young_.end()) return found->second;
    const auto old = old_.find(hash);
    const TokenBucket bucket = old != old_.end() ? old->second : TokenBucket(rate_, now);
    if (young_.size() == most_buckets_) {
      std::swap(young_, old_);
      young_.clear();
      dropped_by_label_.forget();
    }
    return young_.emplace(hash, bucket).first->second;
  }

  const LineRate rate_;
  const Symbol label_;
  const std::size_t most_buckets_;
  Counter& dropped_lines_;
  DroppedByLabel dropped_by_label_;
  const std::function<Timestamp()> now_;
  Buckets young_;
  Buckets old_;  // used last before young_ was begun
};

LineRate read_rate(config::Fields& fields) {
  const config::Node* const rate = fields.find("rate");
  const config::Node* const burst = fields.find("burst");
  const LineRate result{rate == nullptr ? 0 : config::weak_float(*rate),
                        burst == nullptr ? 0 : static_cast<double>(config::weak_int(*burst))};
  if (result.per_second > 0 && result.burst > 0) return result;
  throw fields.node().error(
      "limit stage failed to parse rate or burst: both are required and must be above 0");
}

std::size_t read_most_buckets(const config::Node* node, config::Warnings& warnings) {
  constexpr std::int64_t kLeast = 10'000;
  if (node == nullptr) return kLeast;
  const std::int64_t count = config::weak_int(*node);
  if (count < kLeast) {
    warnings.add(node->place(), "limit stage: max_distinct_labels is raised to 10000");
  }
  return static_cast<std::size_t>(std::max(count, kLeast));
}

}  // namespace

std::unique_ptr<Stage> make_limit(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "limit stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const LineRate rate = read_rate(fields);
  const config::Node* const drop_node = fields.find("drop");
  const bool drop = drop_node != nullptr && config::weak_bool(*drop_node);
  const config::Node* const label_node = fields.find("by_label_name");
  const std::string label = label_node == nullptr ? "" : config::weak_string(*label_node);
  const std::size_t most_buckets = read_most_buckets(fields.find("max_distinct_labels"), context.warnings);
  fields.finish();
  if (label_node != nullptr && !label.empty() && !drop) {
    throw label_node->error("When ratelimiting by label, drop must be true");
  }
  if (!drop) return std::make_unique<WaitingLimitStage>(rate, context);
  if (label.empty()) return std::make_unique<LimitStage>(rate, context);
  return std::make_unique<LimitByLabelStage>(rate, label, most_buckets, context);
}

}  // namespace lokitail::pipeline
