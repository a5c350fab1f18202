#include "agent/inspector.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "pipeline/label_text.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::agent {
namespace {

using pipeline::Change;
using pipeline::Passage;
using pipeline::Snapshot;
using pipeline::SnapshotValue;
using pipeline::Step;
using pipeline::Value;

// As Go prints a time.
std::string go_time_text(const pipeline::Timestamp& time) {
  static const auto layout = pipeline::lang::TimeLayout::compile("2006-01-02 15:04:05.999999999 -0700 MST");
  return layout.format(time, pipeline::lang::Zone::utc());
}

std::string metadata_text(const Snapshot& entry) {
  return pipeline::labels_text({entry.structured_metadata.begin(), entry.structured_metadata.end()});
}

std::string go_text(const SnapshotValue& value) {
  return value.kind == Value::Kind::kNull ? "<nil>" : value.text;
}

// How Go's cmp package ends the path of a value that changed, but not its type.
std::string_view type_assertion(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kText:
      return ".(string)";
    case Value::Kind::kNumber:
      return ".(float64)";
    case Value::Kind::kBool:
      return ".(bool)";
    default:
      return "";
  }
}

// The differences of two entries, in the order of the fields of Promtail's.
class Differences {
 public:
  explicit Differences(const Painter& paint) : paint_(paint) {}

  void compare(const Snapshot& before, const Snapshot& after) {
    for (const Change& change : pipeline::changes(before, after)) {
      if (change.kind == Change::Kind::kExtracted) extracted(change);
    }
    field("Entry.Labels", pipeline::labels_text(before.labels), pipeline::labels_text(after.labels));
    field("Entry.Entry.Timestamp", go_time_text(before.timestamp), go_time_text(after.timestamp));
    field("Entry.Entry.Line", before.line, after.line);
    field("Entry.Entry.StructuredMetadata", metadata_text(before), metadata_text(after));
  }

  // An entry that was not there before.
  void appears(const Snapshot& entry) {
    add("Entry.Labels", std::nullopt, pipeline::labels_text(entry.labels));
    add("Entry.Entry.Timestamp", std::nullopt, go_time_text(entry.timestamp));
    add("Entry.Entry.Line", std::nullopt, entry.line);
  }

  std::string take() { return text_.empty() ? paint_(Colour::kRed, "none") : text_; }

 private:
  void extracted(const Change& change) {
    std::string path = "Extracted[";
    pipeline::append_quoted(path, change.name);
    path += ']';
    std::optional<std::string> before, after;
    if (change.before) before = go_text(*change.before);
    if (change.after) after = go_text(*change.after);
    if (before == after) return;  // another type, which Promtail passes over
    const bool same_type = before && after && change.before->kind == change.after->kind;
    if (same_type) path += type_assertion(change.after->kind);
    add(path, before, after);
  }

  void field(std::string_view path, const std::string& before, const std::string& after) {
    if (before != after) add(path, before, after);
  }

  void add(std::string_view path, const std::optional<std::string>& before,
           const std::optional<std::string>& after) {
    const Colour colour = !before ? Colour::kGreen : after ? Colour::kYellow : Colour::kRed;
    text_ += '\n' + paint_(colour, fmt::format("{{stages.Entry}}.{}:", path));
    if (before) text_ += '\n' + paint_(colour, "\t-: " + without_controls(*before));
    if (after) text_ += '\n' + paint_(Colour::kGreen, "\t+: " + without_controls(*after));
  }

  const Painter& paint_;
  std::string text_;
};

std::string step_text(const Step& step, const Painter& paint) {
  Differences differences(paint);
  switch (step.outcome) {
    case Step::Outcome::kDropped:
      return paint(Colour::kRed, "dropped");
    case Step::Outcome::kHeld:
      return paint(Colour::kYellow, "held back");
    case Step::Outcome::kReleased:
      differences.appears(*step.after);
      break;
    case Step::Outcome::kPassed:
      differences.compare(*step.before, *step.after);
      break;
  }
  return differences.take();
}

}  // namespace

Inspector::Inspector(const pipeline::SymbolTable& symbols)
    : paint_(shows_colours(STDERR_FILENO)), tracer_(symbols, [this](const Passage& passage) {
        const std::string text = inspection_text(passage, paint_);
        std::fwrite(text.data(), 1, text.size(), stderr);
      }) {}

std::string inspection_text(const Passage& passage, const Painter& paint) {
  std::string text;
  for (std::size_t i = 0; i < passage.steps.size(); ++i) {
    // The stages inside speak for themselves.
    if (pipeline::has_inner_steps(passage, i)) continue;
    const Step& step = passage.steps[i];
    text += fmt::format("[inspect: {} stage]: {}\n", paint(Colour::kBold, step.stage->name),
                        step_text(step, paint));
  }
  return text;
}

}  // namespace lokitail::agent
