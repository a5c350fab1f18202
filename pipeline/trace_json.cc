#include "pipeline/trace_json.h"

#include <string_view>

#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline {
namespace {

// Writes members and items with the commas between them.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void begin(char bracket) {
    separate();
    out_ += bracket;
    fresh_ = true;
  }
  void end(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    text(name);
    out_ += ':';
    fresh_ = true;
  }
  void text(std::string_view value) {
    separate();
    lang::append_json_string(out_, value, lang::JsonStyle::kEncodingJson);
  }
  void literal(std::string_view value) {
    separate();
    out_ += value;
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, std::size_t value) {
    key(name);
    literal(std::to_string(value));
  }

 private:
  void separate() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }

  std::string& out_;
  bool fresh_ = true;  // nothing has been written yet that a comma would have to follow
};

std::string_view name_of(Step::Outcome outcome) {
  switch (outcome) {
    case Step::Outcome::kPassed:
      return "passed";
    case Step::Outcome::kDropped:
      return "dropped";
    case Step::Outcome::kHeld:
      return "held";
    case Step::Outcome::kReleased:
      return "released";
  }
  return "";
}

std::string_view name_of(Passage::Outcome outcome) {
  switch (outcome) {
    case Passage::Outcome::kOut:
      return "out";
    case Passage::Outcome::kDropped:
      return "dropped";
    case Passage::Outcome::kHeld:
      return "held";
  }
  return "";
}

std::string_view name_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kLine:
      return "line";
    case Change::Kind::kTimestamp:
      return "timestamp";
    case Change::Kind::kLabel:
      return "label";
    case Change::Kind::kMetadata:
      return "structured_metadata";
    case Change::Kind::kExtracted:
      return "extracted";
  }
  return "";
}

// JSON has no NaN and no infinities.
bool is_json_number(std::string_view text) { return !text.ends_with("Inf") && text != "NaN"; }

void write(Writer& out, const SnapshotValue& value) {
  if (value.kind == Value::Kind::kNull) {
    out.literal("null");
  } else if (value.kind == Value::Kind::kText || !is_json_number(value.text)) {
    out.text(value.text);
  } else {
    out.literal(value.text);
  }
}

void write(Writer& out, const Snapshot& entry) {
  out.begin('{');
  out.member("line", entry.line);
  out.member("timestamp", timestamp_text(entry.timestamp));
  out.key("labels");
  out.begin('{');
  for (const auto& [name, value] : entry.labels) out.member(name, value);
  out.end('}');
  out.key("structured_metadata");
  out.begin('[');
  for (const auto& [name, value] : entry.structured_metadata) {
    out.begin('[');
    out.text(name);
    out.text(value);
    out.end(']');
  }
  out.end(']');
  out.key("extracted");
  out.begin('{');
  for (const auto& [name, value] : entry.extracted) {
    out.key(name);
    write(out, value);
  }
  out.end('}');
  out.end('}');
}

void write(Writer& out, std::string_view name, const std::optional<Snapshot>& entry) {
  out.key(name);
  if (entry) {
    write(out, *entry);
  } else {
    out.literal("null");
  }
}

void write(Writer& out, const Change& change) {
  out.begin('{');
  out.member("of", name_of(change.kind));
  if (!change.name.empty()) out.member("name", change.name);
  if (change.before) {
    out.key("before");
    write(out, *change.before);
  }
  if (change.after) {
    out.key("after");
    write(out, *change.after);
  }
  out.end('}');
}

void write(Writer& out, const config::Place& place) {
  out.begin('{');
  out.member("file", place.file);
  out.member("line", static_cast<std::size_t>(place.line));
  out.member("column", static_cast<std::size_t>(place.column));
  out.end('}');
}

void write_step(Writer& out, const Passage& passage, std::size_t index) {
  const Step& step = passage.steps[index];
  out.begin('{');
  out.member("stage", step.stage->name);
  out.member("path", step.stage->path);
  out.key("place");
  write(out, step.stage->place);
  out.member("depth", step.stage->depth());
  out.member("outcome", name_of(step.outcome));
  if (!step.drop_reason.empty()) out.member("drop_reason", step.drop_reason);
  out.key("changes");
  out.begin('[');
  for (const Change& change : own_changes(passage, index)) write(out, change);
  out.end(']');
  write(out, "before", step.before);
  write(out, "after", step.after);
  out.end('}');
}

}  // namespace

void append_json(std::string& text, const Passage& passage) {
  Writer out(text);
  out.begin('{');
  out.key("lines");
  out.begin('[');
  for (const std::size_t line : passage.lines) out.literal(std::to_string(line));
  out.end(']');
  out.member("outcome", name_of(passage.outcome));
  write(out, "start", std::optional(passage.start));
  write(out, "result", passage.result);
  out.key("steps");
  out.begin('[');
  for (std::size_t i = 0; i < passage.steps.size(); ++i) write_step(out, passage, i);
  out.end(']');
  out.end('}');
}

}  // namespace lokitail::pipeline
