#include "agent/command/passage_text.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace lokitail::agent {
namespace {

using pipeline::Change;
using pipeline::Passage;
using pipeline::Snapshot;
using pipeline::Step;

// A change that takes more than this gets a row for each of its two values.
constexpr std::size_t kShortChange = 72;

std::string_view name_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kLine:
      return "line";
    case Change::Kind::kTimestamp:
      return "timestamp";
    case Change::Kind::kLabel:
      return "label";
    case Change::Kind::kMetadata:
      return "metadata";
    case Change::Kind::kExtracted:
      return "extracted";
  }
  return "";
}

std::string index_text(const pipeline::StageInfo& stage) {
  const std::string index = std::to_string(stage.index);
  return stage.enclosing == nullptr ? index : index_text(*stage.enclosing) + "." + index;
}

std::string metadata_text(const Snapshot& entry) {
  std::string text;
  for (const auto& [name, value] : entry.structured_metadata) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, quoted_text(value));
  }
  return "{" + text + "}";
}

class Text {
 public:
  Text(const Passage& passage, const Painter& paint) : passage_(passage), paint_(paint) {}

  std::string take() {
    head();
    for (std::size_t i = 0; i < passage_.steps.size(); ++i) step(i);
    end();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kStepIndent = 2;
  static constexpr std::size_t kChangeIndent = 6;

  void row(std::size_t indent, std::string_view text) { out_.append(indent, ' ').append(text).append("\n"); }

  void entry(const Snapshot& entry) {
    row(kStepIndent, "line       " + quoted_text(entry.line));
    row(kStepIndent, "timestamp  " + pipeline::timestamp_text(entry.timestamp));
    row(kStepIndent, "labels     " + pipeline::labels_text(entry.labels));
    if (!entry.structured_metadata.empty()) row(kStepIndent, "metadata   " + metadata_text(entry));
  }

  void head() {
    row(0, paint_(Colour::kBold, lines_text(passage_.lines)));
    entry(passage_.start);
    out_ += '\n';
  }

  void step(std::size_t index) {
    const Step& step = passage_.steps[index];
    const std::size_t indent = kStepIndent + 2 * step.stage->depth();
    const std::vector<Change> changes = own_changes(passage_, index);
    row(indent, paint_(Colour::kBold, stage_text(*step.stage)) + note(index, changes.empty()) + "  " +
                    paint_(Colour::kDim, config::to_string(step.stage->place)));
    for (const Change& each : changes) change(indent + kChangeIndent - kStepIndent, each);
  }

  // What there is to say of a step besides its changes.
  std::string note(std::size_t index, bool unchanged) const {
    const Step& step = passage_.steps[index];
    if (pipeline::has_inner_steps(passage_, index)) return "";
    switch (step.outcome) {
      case Step::Outcome::kDropped:
        return "  " + paint_(Colour::kRed,
                             step.drop_reason.empty() ? "dropped" : "dropped (" + step.drop_reason + ")");
      case Step::Outcome::kHeld:
        return "  " + paint_(Colour::kYellow, "held back");
      case Step::Outcome::kReleased:
        return "  " + paint_(Colour::kCyan, "let go");
      case Step::Outcome::kPassed:
        break;
    }
    if (!unchanged) return "";
    const std::size_t inner = step.stage->inner_stages;
    if (inner == 0) return "  " + paint_(Colour::kDim, "unchanged");
    return "  " + paint_(Colour::kDim,
                         fmt::format("not selected, {} stage{} passed by", inner, inner == 1 ? "" : "s"));
  }

  void change(std::size_t indent, const Change& change) {
    const std::string name =
        fmt::format("{}{}{}", name_of(change.kind), change.name.empty() ? "" : " ", change.name);
    const bool is_timestamp = change.kind == Change::Kind::kTimestamp;
    const auto show = [&](const pipeline::SnapshotValue& value) {
      return is_timestamp ? value.text : value_text(value);
    };
    const char equals = change.name.empty() ? ' ' : '=';
    if (!change.before) {
      row(indent, paint_(Colour::kGreen, fmt::format("+ {}{}{}", name, equals, show(*change.after))));
    } else if (!change.after) {
      row(indent, paint_(Colour::kRed, fmt::format("- {}", name)));
    } else {
      const std::string before = show(*change.before);
      const std::string after = show(*change.after);
      if (before.size() + after.size() <= kShortChange) {
        row(indent, paint_(Colour::kYellow, fmt::format("~ {} {} -> {}", name, before, after)));
      } else {
        row(indent, paint_(Colour::kYellow, fmt::format("~ {} {}", name, before)));
        row(indent, paint_(Colour::kYellow, fmt::format("  {:>{}} {}", "->", name.size(), after)));
      }
    }
  }

  void end() {
    if (!passage_.steps.empty()) out_ += '\n';
    if (passage_.result) {
      row(0, paint_(Colour::kBold, "=> entry"));
      entry(*passage_.result);
    } else {
      const bool dropped = passage_.outcome == Passage::Outcome::kDropped;
      row(0, paint_(dropped ? Colour::kRed : Colour::kYellow, "=> " + stop_text(passage_)));
    }
  }

  const Passage& passage_;
  const Painter& paint_;
  std::string out_;
};

}  // namespace

std::string passage_text(const Passage& passage, const Painter& paint) { return Text(passage, paint).take(); }

std::string lines_text(const std::vector<std::size_t>& lines) {
  std::string text = lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t end = i + 1;
    while (end < lines.size() && lines[end] == lines[end - 1] + 1) ++end;
    if (i > 0) text += ", ";
    text += std::to_string(lines[i]);
    if (end - i > 1) text += "-" + std::to_string(lines[end - 1]);
    i = end;
  }
  return text;
}

std::string stage_text(const pipeline::StageInfo& stage) {
  return "[" + index_text(stage) + "] " + stage.name;
}

std::string value_text(const pipeline::SnapshotValue& value) {
  if (value.kind == pipeline::Value::Kind::kNull) return "null";
  return value.kind == pipeline::Value::Kind::kText ? quoted_text(value.text) : value.text;
}

std::string stop_text(const Passage& passage) {
  const Step& stop = *pipeline::last_stop(passage);
  const std::string by = stage_text(*stop.stage);
  if (passage.outcome == Passage::Outcome::kHeld) return "held back by " + by;
  return "dropped by " + by + (stop.drop_reason.empty() ? "" : " (" + stop.drop_reason + ")");
}

}  // namespace lokitail::agent
