#include "pipeline/trace_json.h"

#include <string_view>

#include "pipeline/lang/json_writer.h"

namespace lokitail::pipeline {
namespace {

using Writer = lang::JsonWriter;

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
    out.value(value.text);
  } else {
    out.literal(value.text);
  }
}

void write(Writer& out, const Snapshot& entry) {
  out.begin('{');
  out.member("line", entry.line);
  out.member("timestamp", timestamp_text(entry.timestamp));
  out.members("labels", entry.labels);
  out.key("structured_metadata");
  out.begin('[');
  for (const auto& [name, value] : entry.structured_metadata) {
    out.begin('[');
    out.value(name);
    out.value(value);
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
  out.member("line", place.line);
  out.member("column", place.column);
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
  for (const std::size_t line : passage.lines) out.value(line);
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
