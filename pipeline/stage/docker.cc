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
//
// The pieces of a line are those of one log and stream, wherever Docker has rotated the log in between.
// What has no end yet when the agent stops stays unsettled, and is read again after the next start.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/value.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/lang/json_scan.h"
#include "pipeline/lang/rfc3339.h"
#include "pipeline/stage.h"
#include "pipeline/stage/partial_lines.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/timestamp_fudge.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

class DockerEnvelope {
 public:
  explicit DockerEnvelope(SymbolTable& symbols)
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
  DockerEnvelope envelope_;
};

class JoiningDockerStage final : public Stage {
 public:
  explicit JoiningDockerStage(SymbolTable& symbols) : envelope_(symbols) {}

  void push(Entry& entry, Sink& next) override {
    const bool record = envelope_.unpack(entry);
    if (!record) return next.push(entry);
    const bool complete = entry.line.ends_with('\n');
    if (complete && held_.empty()) return next.push(entry);
    const PartialLines::Key key = key_of(entry);
    if (HeldEntry* const begun = held_.find(key)) {
      begun->line() += entry.line;
      begun->also_from(entry.origin);
      held_.has_grown(key);
      const bool full = begun->line().size() > kLongestLine || !held_.has_room_for(0);
      if (complete || full) let_go(held_.take(key), entry, next);
    } else if (complete || !held_.has_room_for(entry.line.size())) {
      next.push(entry);
    } else {
      held_.begin(key, HeldEntry(entry));
    }
  }

  void tick(Timestamp now, Entry& scratch, Sink& next) override {
    for (HeldEntry& line : held_.take_overdue(now, kLongestWait)) {
      let_go(std::move(line), scratch, next);
    }
  }

  bool holds_entries() const override { return !held_.empty(); }
  std::size_t held_entries() const override { return held_.size(); }

  void drain(Entry& scratch, Sink& next) override {
    for (HeldEntry& line : held_.take_without_origin()) let_go(std::move(line), scratch, next);
  }

 private:
  // A line is joined no further beyond this size: what there is goes on as an entry of its own.
  static constexpr std::size_t kLongestLine = 1 << 20;
  // When a container has ended in the middle of a line, its end does not come any more.
  static constexpr std::int64_t kLongestWait = 10 * kNanosecondsPerSecond;

  PartialLines::Key key_of(const Entry& entry) const {
    const Label* const stream = entry.labels.find(envelope_.stream());
    return {entry.origin == nullptr ? nullptr : entry.origin->source(), stream == nullptr ? 0 : stream->hash};
  }

  void let_go(HeldEntry line, Entry& entry, Sink& next) {
    line.restore(entry);
    entry.extracted.set(envelope_.output(), Value::text(entry.line));
    next.push(entry);
  }

  DockerEnvelope envelope_;
  PartialLines held_;
};

}  // namespace

std::unique_ptr<Stage> make_docker(const config::Node& body, StageContext& context) {
  // Promtail looks at nothing here and takes whatever it is.
  if (!body.is_mapping()) return std::make_unique<DockerStage>(context.symbols);
  config::Fields fields(body, "docker stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const config::Node* const join = fields.find("join_partial_lines");
  fields.finish();
  if (join != nullptr && config::read_bool(*join)) {
    return std::make_unique<JoiningDockerStage>(context.symbols);
  }
  return std::make_unique<DockerStage>(context.symbols);
}

}  // namespace lokitail::pipeline
