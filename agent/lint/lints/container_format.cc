// The stage for the one container log format on files of the other.

#include <string_view>

#include <fmt/format.h>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {
namespace {

// Kubelets link these folders to what the container runtime writes: the CRI format, since long.
bool is_cri(std::string_view path) {
  return path.starts_with("/var/log/pods/") || path.starts_with("/var/log/containers/");
}

bool is_docker(std::string_view path) {
  return path.starts_with("/var/lib/docker/containers/") || path.ends_with("-json.log");
}

}  // namespace

void check_container_format(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const StepModel& step : job->steps) {
      for (const PathModel& path : job->paths) {
        if (step.flow.stage == "docker" && is_cri(path.path)) {
          report.add(step.flow.place,
                     fmt::format("the docker stage reads Docker's JSON, and files of {} are in the CRI "
                                 "format, unless Kubernetes older than 1.24 runs with Docker here",
                                 path.path),
                     "cri: {}");
        } else if (step.flow.stage == "cri" && is_docker(path.path)) {
          report.add(
              step.flow.place,
              fmt::format("the cri stage reads the CRI format, and files of {} are Docker's JSON", path.path),
              "docker: {}");
        }
      }
    }
  }
}

}  // namespace lokitail::agent::lint
