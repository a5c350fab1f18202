// Labels that take a new value ever so often: each value makes a stream of its own.

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/lint/name_kind.h"

namespace lokitail::agent::lint {
namespace {

// A sample shows it when a label has this many values, and one for no more than this many entries.
constexpr std::uint64_t kManyValues = 100;
constexpr std::uint64_t kFewEntriesPerValue = 10;

std::string_view reason(NameKind kind) {
  switch (kind) {
    case NameKind::kId:
      return "an id is another one nearly every time";
    case NameKind::kAddress:
      return "there are as many addresses as there are clients";
    case NameKind::kPath:
      return "paths hold ids and queries, and anybody may ask for any path";
    case NameKind::kTime:
      return "a time is another one with each line";
    case NameKind::kMeasure:
      return "a measurement is another one with each line";
    case NameKind::kText:
      return "free text is another one with each line";
    case NameKind::kFewValues:
    case NameKind::kSender:
      break;
  }
  return {};
}

// By its name, by what it is made of, or by what of the line that was.
NameKind kind_of(const std::string& name, const Fact& fact) {
  // There are as many devices that send syslog as there are, whatever the label is called.
  if (kind_of_name(fact.source) == NameKind::kSender) return NameKind::kFewValues;
  for (const std::string* text : {&name, &fact.source, &fact.from}) {
    const NameKind kind = kind_of_name(*text);
    // A template may have cut the ids out of a path.
    const bool is_mended = kind == NameKind::kPath && fact.is_rewritten;
    if (kind != NameKind::kFewValues && !is_mended) return kind;
  }
  return NameKind::kFewValues;
}

std::string better_form(const std::string& name, const Fact& fact, NameKind kind) {
  if (kind == NameKind::kTime) {
    return fmt::format("a timestamp stage with `source: {}`, and no label",
                       fact.source.empty() ? name : fact.source);
  }
  const bool same = fact.source.empty() || fact.source == name || fact.source.starts_with("__");
  const std::string metadata = fmt::format("structured_metadata: {{{}: {}}}", name, same ? "" : fact.source);
  return metadata + " in place of the label: queries find it with `| " + name + "=\"...\"`";
}

void check_names(const JobModel& job, Report& report) {
  for (const auto& [name, fact] : job.end.labels) {
    if (name.starts_with("__") || fact.values) continue;
    const NameKind kind = kind_of(name, fact);
    if (kind == NameKind::kFewValues) continue;
    report.add(fact.place,
               fmt::format("the label {} makes a stream for each of its values, and {}; Loki stores "
                           "and finds many small streams badly, and takes 5000 at a time",
                           name, reason(kind)),
               better_form(name, fact, kind));
  }
}

void check_sample(const JobModel& job, const SampleResult& sample, Report& report) {
  for (const auto& [name, values] : sample.label_values) {
    if (values < kManyValues || values * kFewEntriesPerValue < sample.entries) continue;
    const auto label = job.end.labels.find(name);
    const bool is_known = label != job.end.labels.end();
    report.add(is_known ? label->second.place : sample.place,
               fmt::format("the label {} had {} values in the {} entries of the sample; each makes a "
                           "stream of its own",
                           name, values, sample.entries),
               better_form(name, is_known ? label->second : Fact{}, NameKind::kId));
  }
}

}  // namespace

void check_high_cardinality_label(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    check_names(*job, report);
    if (subject.sample && subject.sample->job == job->name) {
      check_sample(*job, *subject.sample, report);
    }
  }
}

}  // namespace lokitail::agent::lint
