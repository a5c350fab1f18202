// cri: unpacks the lines that container runtimes write for Kubernetes, and joins those that they
// cut: <time> <stdout|stderr> <flags> <text>, where the flag P says that the line goes on.
//
// It does what these stages do one after the other, in one reading of the line, and then joins:
//   regex:      ^(?s)(?P<time>\S+?) (?P<stream>stdout|stderr) (?P<flags>\S+?) (?P<content>.*)$
//   labels:     stream
//   timestamp:  from time, as RFC3339Nano
//   output:     content
//   output:     tags
//
//   max_partial_lines               of how many label sets a partial line is held; 100 by default.
//                                   Another one makes all that are held go on as they are
//   max_partial_line_size           in bytes, for the next
//   max_partial_line_size_truncate  true cuts what is joined to that size
//
// A joined line has the labels, values and time of its last part. Its parts are those of one log and
// label set, wherever the log was rotated in between.
//
// Promtail loses a partial line that is still held when it stops. Here it stays unsettled, and is read
// again after the next start. One whose end does not come for minutes goes on as it is: a container may
// have ended in the middle of a line, and until it is settled nothing behind it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/rfc3339.h"
#include "pipeline/stage.h"
#include "pipeline/stage/partial_lines.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/timestamp_fudge.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

struct Fields {
  std::string_view time;
  std::string_view stream;
  std::string_view flags;
  std::string_view content;
};

// What \s matches.
bool is_white_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// Takes the text up to the next space off the front, without that space; nothing where there is no
// such text or other white space in it.
std::optional<std::string_view> take_word(std::string_view& text) {
  const auto space = std::ranges::find_if(text, is_white_space);
  if (space == text.begin() || space == text.end() || *space != ' ') return std::nullopt;
  const auto end = static_cast<std::size_t>(space - text.begin());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end + 1);
  return word;
}

std::optional<Fields> split(std::string_view line) {
  const auto time = take_word(line);
  if (!time) return std::nullopt;
  const auto stream = take_word(line);
  if (!stream || (*stream != "stdout" && *stream != "stderr")) return std::nullopt;
  const auto flags = take_word(line);
  if (!flags) return std::nullopt;
  return Fields{*time, *stream, *flags, line};
}

class Envelope {
 public:
  explicit Envelope(SymbolTable& symbols)
      : time_(symbols.intern("time")),
        stream_(symbols.intern("stream")),
        flags_(symbols.intern("flags")),
        content_(symbols.intern("content")),
        tags_(symbols.intern("tags")) {}

  // A line of another form may still change: values of these names may have been extracted earlier.
  void unpack(Entry& entry) {
    entry.extract_labels();
    if (const auto fields = split(entry.line)) {
      entry.extracted.set(time_, Value::text(fields->time));
      entry.extracted.set(stream_, Value::text(fields->stream));
      entry.extracted.set(flags_, Value::text(fields->flags));
      entry.extracted.set(content_, Value::text(fields->content));
    }
    if (const auto stream = entry.text(stream_); stream && is_utf8(*stream)) {
      entry.labels.set(stream_, *stream);
    }
    const auto time = entry.text(time_);
    if (time && lang::parse_rfc3339(*time, entry.timestamp)) {
      fudge_.succeeded(entry);
    } else {
      fudge_.failed(entry);
    }
    if (const auto content = entry.text(content_)) set_line(entry, *content);
    if (const auto tags = entry.text(tags_)) set_line(entry, *tags);
  }

  bool is_partial(const Entry& entry) const {
    const Value flags = entry.extracted.get(flags_);
    return flags.kind() == Value::Kind::kText && flags.as_text() == "P";
  }

 private:
  const Symbol time_;
  const Symbol stream_;
  const Symbol flags_;
  const Symbol content_;
  const Symbol tags_;
  TimestampFudge fudge_;
};

struct Limits {
  std::size_t partial_lines = 100;
  std::optional<std::size_t> line_bytes{};  // joined lines are cut to this
};

class CriStage final : public Stage {
 public:
  CriStage(Limits limits, SymbolTable& symbols) : limits_(limits), envelope_(symbols) {}

  void push(Entry& entry, Sink& next) override {
    envelope_.unpack(entry);
    if (envelope_.is_partial(entry)) return hold(entry, next);
    if (held_.empty()) return next.push(entry);
    const PartialLines::Key key = key_of(entry);
    if (held_.find(key) == nullptr) return next.push(entry);
    finish(held_.take(key), entry, next);
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    let_go(held_.take_overdue(now, kLongestWait), scratch, next);
  }

  bool holds_entries() const override { return !held_.empty(); }
  std::size_t held_entries() const override { return held_.size(); }

  void drain(Entry& scratch, Sink& next) override { let_go(held_.take_without_origin(), scratch, next); }

 private:
  // An application may write a long line slowly.
  static constexpr std::int64_t kLongestWait = 300 * kNanosecondsPerSecond;

  static PartialLines::Key key_of(const Entry& entry) {
    return {entry.origin == nullptr ? nullptr : entry.origin->source(), entry.labels.hash()};
  }

  void hold(Entry& entry, Sink& next) {
    std::vector<HeldEntry> overflow;
    if (held_.size() >= limits_.partial_lines || !held_.has_room_for(entry.line.size())) {
      overflow = held_.take_all();
    }
    add(entry);
    let_go(std::move(overflow), entry, next);
  }

  void add(const Entry& entry) {
    const PartialLines::Key key = key_of(entry);
    HeldEntry latest(entry);
    HeldEntry* const begun = held_.find(key);
    if (begun != nullptr) latest.continue_from(std::move(*begun));
    truncate(latest.line());
    if (begun == nullptr) return held_.begin(key, std::move(latest));
    *begun = std::move(latest);
    held_.has_grown(key);
  }

  // Puts what is held in front of the entry's line.
  void finish(HeldEntry begun, Entry& entry, Sink& next) {
    const std::size_t size = begun.line().size() + entry.line.size();
    char* const joined = entry.arena.allocate(size);
    const auto end = std::ranges::copy(begun.line(), joined).out;
    std::ranges::copy(entry.line, end);
    entry.line = std::string_view(joined, std::min(size, limits_.line_bytes.value_or(size)));
    begun.also_from(entry.origin);
    const OriginReference origin = begun.take_origins();
    entry.origin = origin.get();
    next.push(entry);
  }

  static void let_go(std::vector<HeldEntry> lines, Entry& entry, Sink& next) {
    for (HeldEntry& line : lines) {
      line.restore(entry);
      next.push(entry);
    }
  }

  void truncate(std::string& line) const {
    if (limits_.line_bytes && line.size() > *limits_.line_bytes) line.resize(*limits_.line_bytes);
  }

  const Limits limits_;
  Envelope envelope_;
  PartialLines held_;
};

Limits read_limits(config::Fields& fields) {
  Limits limits;
  if (const auto* node = fields.find("max_partial_lines")) {
    const std::int64_t count = config::weak_int(*node);
    // Below 1 makes no difference to 1, but for 0, which stands for the default.
    if (count != 0) limits.partial_lines = static_cast<std::size_t>(std::max<std::int64_t>(count, 1));
  }
  const config::Node* const size_node = fields.find("max_partial_line_size");
  const std::int64_t size = size_node == nullptr ? 0 : config::weak_int(*size_node);
  const config::Node* const truncate = fields.find("max_partial_line_size_truncate");
  if (truncate == nullptr || !config::weak_bool(*truncate)) return limits;
  // Promtail takes it, and crashes at the first partial line.
  if (size < 0) throw size_node->error("max_partial_line_size must not be negative");
  limits.line_bytes = static_cast<std::size_t>(size);
  return limits;
}

}  // namespace

std::unique_ptr<Stage> make_cri(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "cri stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const Limits limits = read_limits(fields);
  fields.finish();
  return std::make_unique<CriStage>(limits, context.symbols);
}

}  // namespace lokitail::pipeline
