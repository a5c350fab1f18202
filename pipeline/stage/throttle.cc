// throttle: drops the lines that come faster than a rate, for each key by itself. Not in Promtail.
//
//   rate      required: lines per second on average
//   burst     lines at once; the rate, rounded up, by default
//   key       one name or several, each a label or else an extracted value; without it all lines
//             share one rate. Entries that have none of them are not throttled
//   max_keys  how many keys are remembered at least, 10,000 by default; a key that is forgotten
//             begins with a full burst again
//   clock     now (default), or entry: time is what the entries' timestamps say, for files that are
//             read later than they were written
//   report    true: the next entry of the key that passes says in the structured metadata
//             `throttled` how many were dropped before it; false by default
//   drop_counter_reason  what dropped lines are counted under; throttle_stage by default
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/stage.h"
#include "pipeline/stage/generation_map.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/weak_config.h"
#include "pipeline/token_bucket.h"

namespace lokitail::pipeline {
namespace {

struct Settings {
  LineRate rate{};
  std::vector<Symbol> key{};
  std::size_t max_keys = 0;
  bool entry_clock = false;
  bool report = false;
};

class ThrottleStage final : public EntryStage {
 public:
  ThrottleStage(Settings settings, Counter& dropped_lines, const StageContext& context)
      : settings_(std::move(settings)),
        dropped_lines_(dropped_lines),
        now_(context.now),
        keys_(settings_.max_keys) {}

  Memory memory() const override { return Memory::kJob; }
  Verdict process(Entry& entry) override {
    const auto hash = key_hash(entry);
    if (!hash) return Verdict::kKeep;
    const Timestamp now = settings_.entry_clock ? entry.timestamp : now_();
    Key& key = keys_.find_or_make(*hash, [&] { return Key{{settings_.rate, now}, now}; });
    key.bucket.refill(settings_.rate, time_for(key, now));
    if (!key.bucket.try_take()) {
      ++key.dropped;
      dropped_lines_.increment();
      return Verdict::kDrop;
    }
    if (settings_.report && key.dropped != 0) {
      const Value count = Value::number(static_cast<double>(key.dropped));
      entry.structured_metadata.push_back({"throttled", *count.to_text(entry.arena)});
    }
    key.dropped = 0;
    return Verdict::kKeep;
  }

 private:
  struct Key {
    TokenBucket bucket;
    Timestamp latest;
    std::uint64_t dropped = 0;  // since the latest entry that passed
  };

  // Nothing where the entry has none of the names.
  std::optional<std::uint64_t> key_hash(Entry& entry) const {
    if (settings_.key.empty()) return 0;
    std::uint64_t sum = 0;
    bool any = false;
    for (const Symbol name : settings_.key) {
      if (const Label* const label = entry.labels.find(name)) {
        sum += label->hash;
      } else if (const auto text = entry.text(name)) {
        sum += hash_label(name, *text);
      } else {
        continue;
      }
      any = true;
    }
    if (!any) return std::nullopt;
    return sum;
  }

  // Entries may be out of order: their clock goes back only where it goes back by more than an
  // empty bucket takes to fill, which is another stretch of time. Were it to follow each step, the
  // way forth again would count as time that has passed.
  Timestamp time_for(Key& key, Timestamp now) const {
    if (!settings_.entry_clock) return now;
    const auto back = static_cast<double>(difference(key.latest, now)) / kNanosecondsPerSecond;
    if (back <= 0 || back > settings_.rate.burst / settings_.rate.per_second) key.latest = now;
    return key.latest;
  }

  const Settings settings_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
  GenerationMap<std::uint64_t, Key, AlreadyHashed> keys_;  // by the hash of the key
};

LineRate read_rate(config::Fields& fields) {
  const config::Node& rate = fields.require("rate");
  const double per_second = config::read_float(rate);
  if (!(per_second > 0) || std::isinf(per_second)) {
    throw rate.error("expected a number of lines per second above 0, found \"" + rate.text() + "\"");
  }
  const config::Node* const burst = fields.find("burst");
  if (burst == nullptr) return {per_second, std::ceil(per_second)};
  const std::int64_t lines = config::read_int(*burst);
  if (lines < 1) {
    throw burst->error("expected a number of lines above 0, found \"" + burst->text() + "\"");
  }
  return {per_second, static_cast<double>(lines)};
}

bool read_entry_clock(const config::Node* node) {
  if (node == nullptr) return false;
  const std::string clock = config::read_string(*node);
  if (clock == "now" || clock == "entry") return clock == "entry";
  throw node->error("expected now or entry, found \"" + clock + "\"");
}

}  // namespace

std::unique_ptr<Stage> make_throttle(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "throttle stage", config::Fields::Strictness::kRefuseUnknown, context.warnings);
  Settings settings;
  settings.rate = read_rate(fields);
  if (const auto* key = fields.find("key")) settings.key = read_names(*key, context.symbols);
  settings.max_keys = read_max_keys(fields);
  settings.entry_clock = read_entry_clock(fields.find("clock"));
  if (const auto* report = fields.find("report")) settings.report = config::read_bool(*report);
  const std::string reason = read_weak_drop_reason(fields, "throttle_stage");
  fields.finish();
  return std::make_unique<ThrottleStage>(std::move(settings), context.metrics.dropped_lines(reason), context);
}

}  // namespace lokitail::pipeline
