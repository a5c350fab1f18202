// Patterns for files that match no file of this machine at present.

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/source/file/glob.h"

namespace lokitail::agent::lint {

void check_path_matches_nothing(const Subject& subject, Report& report) {
  if (!subject.looks_at_files) return;
  for (const JobModel* job : subject.sound_jobs()) {
    for (const PathModel& path : job->paths) {
      if (!path.labels) continue;
      const Glob glob(path.path);
      if (!glob.problem().empty()) {
        report.add(path.place, fmt::format("{} is no pattern: {}", path.path, glob.problem()));
      } else if (glob.expand().empty()) {
        report.add(path.place, fmt::format("no file matches {} here and now", path.path));
      }
    }
  }
}

}  // namespace lokitail::agent::lint
