// The label `filename` where each container, or each day, has a file of a name of its own.

#include <optional>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/source/file/glob.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent::lint {
namespace {

// What in the names of the files is new ever so often, going by the pattern for them.
std::optional<std::string> in_pattern(const std::string& path) {
  if (path.starts_with("/var/log/containers/") || path.ends_with("-json.log") ||
      path.find("/docker/containers/") != std::string::npos) {
    return "the container's id";
  }
  if (path.starts_with("/var/log/pods/")) return "the pod's uid";
  return std::nullopt;
}

// The same, going by the files that are there.
std::optional<std::string> in_files(const PathModel& path) {
  static const pipeline::lang::Regex date(R"((19|20)\d\d[-_.]?(0[1-9]|1[0-2])[-_.]?([0-2]\d|3[01]))");
  static const pipeline::lang::Regex id("[0-9a-f]{32}");
  if (path.path.find_first_of("*?[{") == std::string::npos) return std::nullopt;
  for (const std::string& file : Glob(path.path).expand()) {
    if (date.matches(file)) return fmt::format("a date ({})", file);
    if (id.matches(file)) return fmt::format("an id ({})", file);
  }
  return std::nullopt;
}

}  // namespace

void check_filename_label(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    if (!job->tails_files || !job->end.labels.contains("filename")) continue;
    for (const PathModel& path : job->paths) {
      std::optional<std::string> what = in_pattern(path.path);
      if (!what && subject.looks_at_files && path.labels) what = in_files(path);
      if (!what) continue;
      report.add(path.place,
                 fmt::format("the label filename, which every tailed file gets, holds {} here: "
                             "streams are made anew all the time",
                             *what),
                 "at the end of the stages `- structured_metadata: {filename: }`, which keeps it "
                 "beside the line, or `- labeldrop: [filename]`");
    }
  }
}

}  // namespace lokitail::agent::lint
