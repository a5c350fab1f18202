#include "agent/command/check/print.h"

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::agent::check {
namespace {

using lint::Finding;
using lint::SampleResult;
using lint::SampleStage;
using lint::Severity;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kInfo:
      break;
  }
  return "info";
}

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "\x1b[31m";
    case Severity::kWarning:
      return "\x1b[33m";
    case Severity::kInfo:
      break;
  }
  return "\x1b[36m";
}

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

void append_finding(std::string& out, const Finding& finding, bool colored) {
  const std::string place = config::to_string(finding.place);
  if (!place.empty()) out += place + ": ";
  out += fmt::format("{}{}{}: {}", colored ? color_of(finding.severity) : "", name_of(finding.severity),
                     colored ? "\x1b[0m" : "", finding.message);
  if (!finding.id.empty()) out += fmt::format(" [{}]", finding.id);
  out += '\n';
  if (!finding.better.empty()) out += fmt::format("    better: {}\n", finding.better);
}

void append_sample(std::string& out, const SampleResult& sample) {
  out +=
      fmt::format("\n{} in job {}: {}, {} out, {}\n", sample.file, sample.job, counted(sample.lines, "line"),
                  sample.entries == 1 ? "1 entry" : fmt::format("{} entries", sample.entries),
                  counted(sample.streams, "stream"));
  for (const SampleStage& stage : sample.stages) {
    const std::string place = fmt::format("{}:{}", stage.place.line, stage.place.column);
    const bool matches = !stage.verb.empty();
    out += fmt::format("  {:<8} {:<20} {} {} of {}\n", place, stage.stage, matches ? stage.verb : "passed",
                       matches ? stage.matched : stage.passed, stage.entries);
  }
}

// ---- JSON
// -----------------------------------------------------------------------------------------

void put(std::string& out, std::string_view key, std::string_view text) {
  pipeline::lang::append_json_string(out, key);
  out += ':';
  pipeline::lang::append_json_string(out, text);
}

void append_place(std::string& out, const config::Place& place) {
  put(out, "file", place.file);
  out += fmt::format(",\"line\":{},\"column\":{}", place.line, place.column);
}

void append_json(std::string& out, const Finding& finding) {
  out += '{';
  put(out, "severity", name_of(finding.severity));
  out += ',';
  put(out, "id", finding.id);
  out += ',';
  append_place(out, finding.place);
  out += ',';
  put(out, "message", finding.message);
  out += ',';
  put(out, "better", finding.better);
  out += '}';
}

void append_json(std::string& out, const SampleStage& stage) {
  out += '{';
  put(out, "stage", stage.stage);
  out += ',';
  append_place(out, stage.place);
  out += fmt::format(",\"entries\":{},\"passed\":{}", stage.entries, stage.passed);
  if (!stage.verb.empty()) {
    out += ',';
    put(out, "verb", stage.verb);
    out += fmt::format(",\"matched\":{}", stage.matched);
  }
  out += '}';
}

template <typename Items>
void append_list(std::string& out, std::string_view key, const Items& items) {
  pipeline::lang::append_json_string(out, key);
  out += ":[";
  for (const auto& item : items) {
    if (&item != &items.front()) out += ',';
    append_json(out, item);
  }
  out += ']';
}

}  // namespace

std::string as_text(const Inspection& inspection, bool colored) {
  std::string out;
  for (const Finding& finding : inspection.findings) append_finding(out, finding, colored);
  if (inspection.findings.empty()) {
    out += fmt::format("{}: nothing to complain about\n", inspection.file);
  } else {
    out += fmt::format("{}, {}, {}\n", counted(inspection.count(Severity::kError), "error"),
                       counted(inspection.count(Severity::kWarning), "warning"),
                       counted(inspection.count(Severity::kInfo), "note"));
  }
  if (inspection.sample) append_sample(out, *inspection.sample);
  return out;
}

std::string as_json(const Inspection& inspection) {
  std::string out = "{";
  put(out, "file", inspection.file);
  out += fmt::format(",\"errors\":{},\"warnings\":{},\"notes\":{},", inspection.count(Severity::kError),
                     inspection.count(Severity::kWarning), inspection.count(Severity::kInfo));
  append_list(out, "findings", inspection.findings);
  if (inspection.sample) {
    const SampleResult& sample = *inspection.sample;
    out += ",\"sample\":{";
    put(out, "file", sample.file);
    out += ',';
    put(out, "job", sample.job);
    out += fmt::format(",\"lines\":{},\"entries\":{},\"streams\":{},", sample.lines, sample.entries,
                       sample.streams);
    append_list(out, "stages", sample.stages);
    out += '}';
  }
  return out + "}\n";
}

std::string lint_list() {
  std::string out;
  for (const lint::Lint& lint : lint::all_lints()) {
    out +=
        fmt::format("{} ({}): {}\n    {}\n", lint.id, name_of(lint.severity), lint.title, lint.explanation);
  }
  return out;
}

}  // namespace lokitail::agent::check
