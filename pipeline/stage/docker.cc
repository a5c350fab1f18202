// docker: unpacks the records of Docker's json-file log driver,
// {"log":"text\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}.
//
// It does what these stages do one after the other, in one reading of the line:
//   json:      {expressions: {output: log, stream: stream, timestamp: time}}
//   labels:    {stream: }
//   timestamp: {source: timestamp, format: RFC3339Nano}
//   output:    {source: output}
//
//   join_partial_lines  Docker cuts lines at 16 KiB; all pieces but the last lack their newline.
//                       When true, the pieces of a line are put together again, as one entry with
//                       the labels and the time of the first. Default false, as Promtail has no
//                       such option.
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/value.h"
#include "pipeline/held_entry.h"
#include "pipeline/held_origins.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/lang/json_scan.h"
#include "pipeline/lang/rfc3339.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/timestamp_fudge.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

class Envelope {
 public:
  explicit Envelope(SymbolTable& symbols)
      : output_(symbols.intern("output")),
        stream_(symbols.intern("stream")),
        timestamp_(symbols.intern("timestamp")),
        scanner_({"log", "stream", "time"}) {}

  // Unpacks the line. True where it was a record with text in it. The rest may still have had an
  // effect where it was not: values of these names may have been extracted earlier.
  bool unpack(Entry& entry) {
    entry.extract_labels();
    const bool record = extract(entry);
    if (const auto stream = entry.text(stream_); stream && is_utf8(*stream)) {
      entry.labels.set(stream_, *stream);
    }
    const auto time = entry.text(timestamp_);
    if (time && lang::parse_rfc3339(*time, entry.timestamp)) {
      fudge_.succeeded(entry);
    } else {
      fudge_.failed(entry);
    }
    if (record) {
      entry.line = entry.extracted.get(output_).as_text();  // padded, as the scanner says
    } else if (const auto output = entry.text(output_)) {
      set_line(entry, *output);
    }
    return record;
  }

  Symbol output() const { return output_; }
  Symbol stream() const { return stream_; }

 private:
  // True where the record's text is a string.
  bool extract(Entry& entry) {
    if (scanner_.scan(entry.line, entry.arena) == lang::JsonDocument::kMalformed) return false;
    const std::span<const lang::JsonField> fields = scanner_.fields();
    entry.extracted.set(output_, to_value(fields[0], entry.arena));
    entry.extracted.set(stream_, to_value(fields[1], entry.arena));
    entry.extracted.set(timestamp_, to_value(fields[2], entry.arena));
    return fields[0].kind == lang::JsonField::Kind::kString;
  }

  Value to_value(const lang::JsonField& field, Arena& arena) {
    using Kind = lang::JsonField::Kind;
    switch (field.kind) {
      case Kind::kString:
        return Value::text(field.text);
      case Kind::kNumber:
        return Value::number(field.number);
      case Kind::kBool:
        return Value::boolean(field.boolean);
      case Kind::kContainer:
        return print(field.text, arena);
      case Kind::kMissing:
      case Kind::kNull:
        break;
    }
    return Value::null();
  }

  // Docker writes no such record; Promtail would write the value anew.
  Value print(std::string_view container, Arena& arena) {
    std::string text;
    const auto value = parser_.parse_value(container, arena);
    if (!value || !lang::print_json(text, *value, lang::JsonStyle::kJsonIterator)) {
      return Value::null();
    }
    return Value::text(arena.copy(text));
  }

  const Symbol output_;
  const Symbol stream_;
  const Symbol timestamp_;
  lang::JsonScanner scanner_;
  lang::JsonParser parser_;
  TimestampFudge fudge_;
};

class DockerStage final : public EntryStage {
 public:
  explicit DockerStage(SymbolTable& symbols) : envelope_(symbols) {}

  Verdict process(Entry& entry) override {
    envelope_.unpack(entry);
    return Verdict::kKeep;
  }

 private:
  Envelope envelope_;
};

class JoiningDockerStage final : public Stage {
 public:
  explicit JoiningDockerStage(SymbolTable& symbols) : envelope_(symbols) {}

  void push(Entry& entry, Sink& next) override {
    const bool record = envelope_.unpack(entry);
    if (!record) return next.push(entry);
    const bool complete = entry.line.ends_with('\n');
    const auto begun = held_.empty() ? held_.end() : held_.find(key_of(entry));
    if (begun != held_.end()) {
      add(begun, entry, complete, next);
    } else if (complete || !has_room_for(entry.line.size() + kEntryBytes)) {
      next.push(entry);
    } else {
      held_bytes_ += entry.line.size() + kEntryBytes;
      Partial partial{HeldEntry(entry), {}, std::nullopt};
      partial.origins.add(entry.origin);
      held_.emplace(key_of(entry), std::move(partial));
    }
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    for (auto partial = held_.begin(); partial != held_.end();) {
      std::optional<Timestamp>& since = partial->second.since;
      if (!since || now < *since) since = now;
      const bool old = difference(now, *since) >= kLongestWait;
      const auto following = std::next(partial);
      if (old) let_go(partial, scratch, next);
      partial = following;
    }
  }

  bool holds_entries() const override { return !held_.empty(); }

  void drain(Entry& scratch, Sink& next) override {
    while (!held_.empty()) let_go(held_.begin(), scratch, next);
  }

 private:
  // A line is joined no further beyond this size: what there is goes on as an entry of its own.
  static constexpr std::size_t kLongestLine = 1 << 20;
  // When this much is held for all lines together, no further ones are begun.
  static constexpr std::size_t kMostHeldBytes = 16 << 20;
  // About what an entry costs beside its line.
  static constexpr std::size_t kEntryBytes = 1 << 10;
  // When a source has ended in the middle of a line, its end does not come any more.
  static constexpr std::int64_t kLongestWait = 10 * kNanosecondsPerSecond;

  using Key = std::pair<const void*, std::uint64_t>;  // source, hash of the stream's label
  struct Partial {
    HeldEntry entry;
    HeldOrigins origins;
    std::optional<Timestamp> since;  // the first tick after its latest piece
  };
  using Partials = std::map<Key, Partial>;

  Key key_of(const Entry& entry) const {
    const Label* const stream = entry.labels.find(envelope_.stream());
    return {entry.origin == nullptr ? nullptr : entry.origin->source(),
            stream == nullptr ? 0 : stream->hash};
  }

  bool has_room_for(std::size_t bytes) const { return held_bytes_ + bytes <= kMostHeldBytes; }

  void add(Partials::iterator partial, Entry& entry, bool complete, Sink& next) {
    HeldEntry& held = partial->second.entry;
    held.line() += entry.line;
    partial->second.origins.add(entry.origin);
    held_bytes_ += entry.line.size();
    partial->second.since.reset();
    if (complete || held.line().size() > kLongestLine || !has_room_for(0)) {
      let_go(partial, entry, next);
    }
  }

  void let_go(Partials::iterator partial, Entry& entry, Sink& next) {
    auto node = held_.extract(partial);
    HeldEntry& held = node.mapped().entry;
    held_bytes_ -= held.line().size() + kEntryBytes;
    const OriginReference origin = node.mapped().origins.take();
    held.restore(entry);
    entry.origin = origin.get();
    entry.extracted.set(envelope_.output(), Value::text(entry.line));
    next.push(entry);
  }

  Envelope envelope_;
  Partials held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Stage> make_docker(const config::Node& body, StageContext& context) {
  // Promtail looks at nothing here and takes whatever it is.
  if (!body.is_mapping()) return std::make_unique<DockerStage>(context.symbols);
  config::Fields fields(body, "docker stage", config::Fields::Strictness::kWarnUnknown,
                        context.warnings);
  const config::Node* const join = fields.find("join_partial_lines");
  fields.finish();
  if (join != nullptr && config::read_bool(*join)) {
    return std::make_unique<JoiningDockerStage>(context.symbols);
  }
  return std::make_unique<DockerStage>(context.symbols);
}

}  // namespace lokitail::pipeline
