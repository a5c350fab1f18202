// dedupe: drops what repeats within a window of time. Not in Promtail.
//
//   window    required, such as 30s: how long after an entry its repeats are dropped. The first one
//             behind that passes and begins a new window
//   source    the extracted value, or several, that make up what repeats; the line by default.
//             Entries that have none of them pass
//   by        labels (default): repeats are looked for within a stream; or a list of the labels
//             that must be equal, which may be empty
//   max_keys  how many different entries are remembered at least, 10,000 by default; what is
//             forgotten passes again
//   report    true: when the window is over, an entry says in the structured metadata `repeated`
//             how many repeats were dropped; false by default
//   drop_counter_reason  what dropped lines are counted under; dedupe_stage by default
//
// Time is that of the entries, so that a file that is read late comes to the same as one that is
// tailed. A report is a copy of the first repeat, without the structured metadata of that, at the
// time of the latest. It leaves before the entry that begins the next window or, where none comes,
// a window after the first repeat by the clock. It holds back no position, which a long window
// would do for as long: a report that waits when the agent is killed is lost.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "config/value.h"
#include "pipeline/held_entry.h"
#include "pipeline/stage.h"
#include "pipeline/stage/generation_map.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/weak_config.h"

namespace lokitail::pipeline {
namespace {

// 128 bits: two entries that are taken for each other would cost one of them.
struct Digest {
  std::uint64_t low;
  std::uint64_t high;

  bool operator==(const Digest&) const = default;
};
struct DigestHash {
  using is_avalanching = void;
  std::size_t operator()(const Digest& digest) const noexcept { return digest.low; }
};

// What an entry is to be equal in.
class Identity {
 public:
  // The names of the sources; of the labels, or nothing for all of them.
  Identity(std::vector<Symbol> sources, std::optional<std::vector<Symbol>> by)
      : sources_(std::move(sources)), by_(std::move(by)), seed_(random_seed()), parts_(sources_.size()) {}

  // Nothing where the entry has none of the sources.
  std::optional<Digest> of(Entry& entry) {
    const auto content = content_of(entry);
    if (!content) return std::nullopt;
    const std::uint64_t stream = stream_of(entry);
    return Digest{content->low64 + stream, content->high64 + (stream << 32 | stream >> 32)};
  }

 private:
  std::optional<XXH128_hash_t> content_of(Entry& entry) {
    if (sources_.empty()) return hash(entry.line);
    bool any = false;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const auto text = entry.text(sources_[i]);
      any = any || text;
      parts_[i] = text ? hash(*text) : XXH128_hash_t{};
    }
    if (!any) return std::nullopt;
    return hash({reinterpret_cast<const char*>(parts_.data()), parts_.size() * sizeof parts_[0]});
  }

  XXH128_hash_t hash(std::string_view text) const {
    return XXH3_128bits_withSeed(text.data(), text.size(), seed_);
  }

  std::uint64_t stream_of(const Entry& entry) const {
    if (!by_) return entry.labels.hash();
    std::uint64_t sum = 0;
    for (const Symbol name : *by_) {
      if (const Label* const label = entry.labels.find(name)) sum += label->hash;
    }
    return sum;
  }

  static std::uint64_t random_seed() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }

  const std::vector<Symbol> sources_;
  const std::optional<std::vector<Symbol>> by_;
  // Random, so that nobody can think out a line that is taken for another.
  const std::uint64_t seed_;
  std::vector<XXH128_hash_t> parts_;  // of the entry at hand
};

// Roughly what a HeldEntry of it takes.
std::size_t size_of(const Entry& entry) {
  constexpr std::size_t kEach = 64;
  std::size_t size = entry.line.size();
  for (const Label& label : entry.labels) size += kEach + label.value.size();
  entry.extracted.for_each([&](Symbol, const Value& value) {
    size += kEach + (value.kind() == Value::Kind::kText ? value.as_text().size() : 0);
  });
  return size;
}

class DedupeStage final : public Stage {
 public:
  struct Settings {
    std::int64_t window = 0;  // nanoseconds
    std::size_t max_keys = 0;
    bool report = false;
  };

  DedupeStage(Settings settings, Identity identity, Counter& dropped_lines, StageContext& context)
      : settings_(settings),
        identity_(std::move(identity)),
        dropped_lines_(dropped_lines),
        now_(context.now),
        windows_(settings.max_keys) {}

  Memory memory() const override { return Memory::kJob; }
  void push(Entry& entry, Sink& next) override {
    const auto digest = identity_.of(entry);
    if (!digest) return next.push(entry);
    bool is_first = false;
    Window& window = windows_.find_or_make(*digest, [&] {
      is_first = true;
      return Window{entry.timestamp};
    });
    if (!is_first && is_within(window, entry.timestamp)) {
      dropped_lines_.increment();
      if (settings_.report) count_repeat(window, *digest, entry, next);
      return;
    }
    if (window.report) let_go(*window.report, reporting_, next);
    window = {entry.timestamp};
    next.push(entry);
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    while (!reports_.empty()) {
      Timestamp& since = reports_.front().since;
      if (now < since) since = now;
      if (difference(now, since) < settings_.window) return;
      let_go(reports_.begin(), scratch, next);
    }
  }

  bool holds_entries() const override { return !reports_.empty(); }

  void drain(Entry& scratch, Sink& next) override {
    while (!reports_.empty()) let_go(reports_.begin(), scratch, next);
  }

 private:
  // When reports for more than this wait, the oldest leaves early.
  static constexpr std::size_t kMostHeldBytes = 16 << 20;

  struct Report {
    Digest digest;
    HeldEntry entry;
    std::size_t size;
    Timestamp since;   // by the clock
    Timestamp latest;  // by the entries
    std::uint64_t repeats = 0;
  };
  using Reports = std::list<Report>;
  struct Window {
    Timestamp begin;
    std::optional<Reports::iterator> report{};  // none before the first repeat
  };

  // Entries may be out of order: one from before the window's begin counts too.
  bool is_within(const Window& window, Timestamp time) const {
    const bool before = time < window.begin;
    const Timestamp& earlier = before ? time : window.begin;
    return difference(before ? window.begin : time, earlier) < settings_.window;
  }

  void count_repeat(Window& window, const Digest& digest, Entry& entry, Sink& next) {
    if (!window.report) {
      const std::size_t size = size_of(entry);
      // What is equal to the first entry in its time too is the first entry to Loki.
      const Timestamp behind_first = window.begin.plus_nanoseconds(1);
      window.report =
          reports_.insert(reports_.end(), {digest, copy_without_origin(entry), size, now_(), behind_first});
      held_bytes_ += size;
    }
    Report& report = **window.report;
    ++report.repeats;
    report.latest = std::max(report.latest, entry.timestamp);
    while (held_bytes_ > kMostHeldBytes || reports_.size() > settings_.max_keys) {
      let_go(reports_.begin(), reporting_, next);
    }
  }

  void let_go(Reports::iterator report, Entry& scratch, Sink& next) {
    Window* const window = windows_.find(report->digest);
    if (window != nullptr && window->report == report) window->report.reset();
    held_bytes_ -= report->size;
    report->entry.restore(scratch);
    scratch.timestamp = report->latest;
    const Value repeats = Value::number(static_cast<double>(report->repeats));
    scratch.structured_metadata.push_back({"repeated", *repeats.to_text(scratch.arena)});
    next.push(scratch);
    reports_.erase(report);
  }

  const Settings settings_;
  Identity identity_;
  Counter& dropped_lines_;
  const std::function<Timestamp()> now_;
  GenerationMap<Digest, Window, DigestHash> windows_;
  Reports reports_;  // in order of their first repeats
  std::size_t held_bytes_ = 0;
  Entry reporting_;  // what reports are restored into beside the entry at hand
};

std::int64_t read_window(const config::Node& node) {
  const std::int64_t window = config::read_duration_string(node).count();
  if (window > 0) return window;
  throw node.error("expected a duration above 0, found \"" + node.text() + "\"");
}

std::optional<std::vector<Symbol>> read_by(const config::Node* node, SymbolTable& symbols) {
  if (node == nullptr) return std::nullopt;
  if (node->is_sequence()) {
    return node->items().empty() ? std::vector<Symbol>() : read_names(*node, symbols);
  }
  if (node->type() == config::Node::Type::kString && node->text() == "labels") return std::nullopt;
  throw node->error("expected `labels` or a list of names of labels, found " +
                    (node->is_scalar() ? "\"" + node->text() + "\"" : node->describe()));
}

}  // namespace

std::unique_ptr<Stage> make_dedupe(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "dedupe stage", config::Fields::Strictness::kRefuseUnknown, context.warnings);
  DedupeStage::Settings settings;
  settings.window = read_window(fields.require("window"));
  std::vector<Symbol> sources;
  if (const auto* source = fields.find("source")) sources = read_names(*source, context.symbols);
  auto by = read_by(fields.find("by"), context.symbols);
  settings.max_keys = read_max_keys(fields);
  if (const auto* report = fields.find("report")) settings.report = config::read_bool(*report);
  const std::string reason = read_weak_drop_reason(fields, "dedupe_stage");
  fields.finish();
  return std::make_unique<DedupeStage>(settings, Identity(std::move(sources), std::move(by)),
                                       context.metrics.dropped_lines(reason), context);
}

}  // namespace lokitail::pipeline
