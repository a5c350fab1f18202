// limit: drops the lines that come faster than a rate. Lines are counted by a token bucket that is
// full at the start.
//
//   rate                 required: lines per second on average
//   burst                required: lines at once
//   drop                 must be true. Without it Promtail stops reading instead, which is refused
//                        here as long as a stage cannot say so to its worker
//   by_label_name        a bucket for each value of this label; needs `drop`. Entries without the
//                        label are not limited
//   max_distinct_labels  how many buckets are kept, at least 10,000: when there are as many, those
//                        that are not used until there are as many again are forgotten
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "config/value.h"
#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

constexpr std::string_view kReason = "ratelimit_drop_stage";

struct Rate {
  double per_second;
  double burst;
};

class Bucket {
 public:
  Bucket(const Rate& rate, Timestamp now) : tokens_(rate.burst), filled_(now) {}

  // Takes a token if there is one.
  bool take(const Rate& rate, Timestamp now) {
    const auto passed = static_cast<double>(difference(now, filled_)) / kNanosecondsPerSecond;
    filled_ = now;  // also where the clock was set back
    tokens_ = std::min(rate.burst, tokens_ + std::max(passed, 0.0) * rate.per_second);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_;
  Timestamp filled_;
};

class LimitStage final : public EntryStage {
 public:
  LimitStage(Rate rate, const StageContext& context)
      : rate_(rate), bucket_(rate, context.now()), dropped_lines_(context.metrics.dropped_lines(kReason)), now_(context.now) {}

  Verdict process(Entry&) override {
    if (bucket_.take(rate_, now_())) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

 private:
  const Rate rate_;
  Bucket bucket_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
};

class LimitByLabelStage final : public EntryStage {
 public:
  LimitByLabelStage(Rate rate, Symbol label, std::size_t most_buckets, const StageContext& context)
      : rate_(rate),
        label_(label),
        most_buckets_(most_buckets),
        dropped_lines_(context.metrics.dropped_lines(kReason)),
        now_(context.now) {}

  Verdict process(Entry& entry) override {
    const Label* const label = entry.labels.find(label_);
    if (label == nullptr) return Verdict::kKeep;
    const Timestamp now = now_();
    if (bucket_of(label->hash, now).take(rate_, now)) return Verdict::kKeep;
    dropped_lines_.increment();
    return Verdict::kDrop;
  }

 private:
  using Buckets = boost::unordered_flat_map<std::uint64_t, Bucket>;  // by the label's hash

  Bucket& bucket_of(std::uint64_t hash, Timestamp now) {
    if (const auto found = young_.find(hash); found != young_.end()) return found->second;
    const auto old = old_.find(hash);
    const Bucket bucket = old != old_.end() ? old->second : Bucket(rate_, now);
    if (young_.size() == most_buckets_) {
      std::swap(young_, old_);
      young_.clear();
    }
    return young_.emplace(hash, bucket).first->second;
  }

  const Rate rate_;
  const Symbol label_;
  const std::size_t most_buckets_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
  Buckets young_;
  Buckets old_;  // used last before young_ was begun
};

Rate read_rate(config::Fields& fields) {
  const config::Node* const rate = fields.find("rate");
  const config::Node* const burst = fields.find("burst");
  const Rate result{rate == nullptr ? 0 : config::weak_float(*rate),
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
  config::Fields fields(body, "limit stage", config::Fields::Strictness::kWarnUnknown,
                        context.warnings);
  const Rate rate = read_rate(fields);
  const config::Node* const drop_node = fields.find("drop");
  const bool drop = drop_node != nullptr && config::weak_bool(*drop_node);
  const config::Node* const label_node = fields.find("by_label_name");
  const std::string label = label_node == nullptr ? "" : config::weak_string(*label_node);
  const std::size_t most_buckets =
      read_most_buckets(fields.find("max_distinct_labels"), context.warnings);
  fields.finish();
  if (label_node != nullptr && !label.empty() && !drop) {
    throw label_node->error("When ratelimiting by label, drop must be true");
  }
  if (!drop) {
    throw body.error("limit stage: waiting (`drop: false`) is not supported by lokitail yet");
  }
  if (label.empty()) return std::make_unique<LimitStage>(rate, context);
  return std::make_unique<LimitByLabelStage>(rate, context.symbols.intern(label), most_buckets,
                                             context);
}

}  // namespace lokitail::pipeline
