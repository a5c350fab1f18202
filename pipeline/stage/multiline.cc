// multiline: joins lines to blocks. A block begins with a line that `firstline` matches and goes on
// until the next one. Each label set has blocks of its own.
//
//   firstline      required: a regular expression
//   max_wait_time  a block goes on when no line has come for this long; 3s by default
//   max_lines      a block goes on when it has as many lines; 128 by default, 0 is no limit
//
// A block has the labels, extracted values and time of its first line, but no structured metadata.
// Until the first match for a label set, its lines pass as they are. Lines behind a block that went
// on early make up a block of their own, which takes over from the first line of that one.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "config/value.h"
#include "pipeline/held_entry.h"
#include "pipeline/lang/regex.h"
#include "pipeline/stage.h"
#include "pipeline/stage/weak_config.h"

namespace lokitail::pipeline {
namespace {

struct Limits {
  std::int64_t wait = 3 * kNanosecondsPerSecond;
  std::uint64_t lines = 128;  // 0: any number
};

// What is known of one label set.
struct Stream {
  std::uint64_t label_set;
  HeldEntry first;  // what the latest first line was, with the block's text and origins so far
  std::uint64_t lines = 0;
  std::optional<Timestamp> since{};  // the first tick after its latest line
  bool open = false;                 // has lines that did not go on yet
};

class MultilineStage final : public Stage {
 public:
  MultilineStage(lang::Regex first_line, Limits limits)
      : first_line_(std::move(first_line)), limits_(limits) {}

  Memory memory() const override { return Memory::kSource; }
  void push(Entry& entry, Sink& next) override {
    const std::uint64_t label_set = entry.labels.hash();
    const bool is_first = first_line_.matches(entry.line);
    const auto known = index_.find(label_set);
    if (known == index_.end() && !is_first) return next.push(entry);
    if (!is_first) {
      append(*known->second, entry);
      return count_line(known->second, entry, next);
    }
    begun_.assign(entry);
    held_bytes_ += begun_.line().size();
    if (known == index_.end()) {
      idle_.push_back({label_set, std::exchange(begun_, {})});
      const auto stream = std::prev(idle_.end());
      index_.emplace(label_set, stream);
      return count_line(stream, entry, next);
    }
    const auto stream = known->second;
    let_go(stream, entry, next);
    std::swap(stream->first, begun_);
    if (begun_.line().capacity() > kMostSpareBytes) begun_.line().shrink_to_fit();
    count_line(stream, entry, next);
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    for (auto following = open_.begin(); following != open_.end();) {
      const auto stream = following++;
      std::optional<Timestamp>& since = stream->since;
      if (!since || now < *since) since = now;
      if (difference(now, *since) >= limits_.wait) retire(stream, scratch, next);
    }
  }

  bool holds_entries() const override { return !open_.empty(); }
  std::size_t held_entries() const override { return open_.size(); }

  void drain(Entry& scratch, Sink& next) override {
    while (!open_.empty()) retire(open_.begin(), scratch, next);
  }

 private:
  // When this much is held for all label sets together, the block without a new line for the
  // longest time goes on.
  static constexpr std::size_t kMostHeldBytes = 16 << 20;
  // First lines that are remembered though no line waits; beyond that the oldest are forgotten.
  static constexpr std::size_t kMostIdle = 10'000;
  // What is kept of a block's memory for the next one.
  static constexpr std::size_t kMostSpareBytes = 64 << 10;

  using Streams = std::list<Stream>;

  void append(Stream& stream, const Entry& entry) {
    std::string& text = stream.first.line();
    const std::size_t before = text.size();
    if (!text.empty()) text += '\n';
    text += entry.line;
    held_bytes_ += text.size() - before;
    stream.first.also_from(entry.origin);
  }

  void count_line(Streams::iterator stream, Entry& scratch, Sink& next) {
    ++stream->lines;
    stream->since.reset();
    open_.splice(open_.end(), stream->open ? open_ : idle_, stream);
    stream->open = true;
    if (stream->lines == limits_.lines) retire(stream, scratch, next);
    while (held_bytes_ > kMostHeldBytes) retire(open_.begin(), scratch, next);
  }

  // A block of nothing but empty lines vanishes, and they go on being counted. Its first line is
  // remembered for longer, and holds nothing back.
  void let_go(Streams::iterator stream, Entry& scratch, Sink& next) {
    if (!stream->open) return;
    std::string& text = stream->first.line();
    held_bytes_ -= text.size();
    if (!text.empty()) {
      stream->first.restore(scratch);
      scratch.structured_metadata.clear();
      next.push(scratch);
      text.clear();
      stream->lines = 0;
    }
    stream->first.release_origins();
    stream->open = false;
    idle_.splice(idle_.end(), open_, stream);
    if (idle_.size() <= kMostIdle) return;
    index_.erase(idle_.front().label_set);
    idle_.pop_front();
  }

  // Lets go of a block that no other takes the place of at once.
  void retire(Streams::iterator stream, Entry& scratch, Sink& next) {
    let_go(stream, scratch, next);
    stream->first.line().shrink_to_fit();
  }

  const lang::Regex first_line_;
  const Limits limits_;
  HeldEntry begun_;  // a first line while the block before goes on; then memory for the next
  Streams open_;     // in order of their latest lines
  Streams idle_;     // in order of when their blocks went on
  boost::unordered_flat_map<std::uint64_t, Streams::iterator> index_;  // by label set
  std::size_t held_bytes_ = 0;
};

lang::Regex read_first_line(const config::Node* node, const config::Node& body) {
  if (node == nullptr) {
    throw body.error("multiline stage config must define `firstline` regular expression");
  }
  return read_weak_regex(*node, "multiline stage");
}

Limits read_limits(config::Fields& fields) {
  Limits limits;
  if (const auto* node = fields.find("max_wait_time")) {
    limits.wait = read_weak_duration(*node).count();
  }
  if (const auto* node = fields.find("max_lines")) {
    limits.lines = static_cast<std::uint64_t>(config::weak_int(*node));  // -1: no limit either
  }
  return limits;
}

}  // namespace

std::unique_ptr<Stage> make_multiline(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "multiline stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  lang::Regex first_line = read_first_line(fields.find("firstline"), body);
  const Limits limits = read_limits(fields);
  fields.finish();
  return std::make_unique<MultilineStage>(std::move(first_line), limits);
}

}  // namespace lokitail::pipeline
