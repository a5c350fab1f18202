// One file that two targets read: its lines are sent twice, with two sets of labels.

#include <optional>
#include <set>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/source/file/glob.h"

namespace lokitail::agent::lint {
namespace {

struct Target {
  const JobModel* job;
  const PathModel* path;
  Glob glob;
  Glob exclude;
};

bool reads(const Target& target, const std::string& file) {
  return target.glob.matches(file) && (target.path->exclude.empty() || !target.exclude.matches(file));
}

// A name that a pattern for one matches: each wildcard is an `x`.
std::string example(const std::string& pattern) {
  std::string name;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*' || pattern[i] == '?') {
      name += 'x';
    } else if (pattern[i] == '[' && i + 2 < pattern.size()) {
      name += pattern[i + 1];  // of a negated class it is none, which reads() finds out
      i = std::min(pattern.find(']', i), pattern.size() - 1);
    } else {
      if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
      name += pattern[i];
    }
  }
  return name;
}

// Paths that the pattern matches, one for each of its alternatives.
std::set<std::string> examples(const Glob& glob) {
  std::set<std::string> paths{glob.literal()};
  for (const Glob::Branch& branch : glob.branches()) {
    std::string path;
    for (const Glob::Component& component : branch) {
      const bool is_name = component.kind == Glob::Component::Kind::kLiteral;
      path += '/' + (is_name ? component.text : example(component.text));
    }
    paths.insert(path);
  }
  return paths;
}

// A file, or the name of one that there could be, that both read.
std::optional<std::string> common(const Target& one, const Target& other, bool looks_at_files) {
  for (const Target* target : {&one, &other}) {
    for (const std::string& path : examples(target->glob)) {
      if (reads(one, path) && reads(other, path)) return path;
    }
  }
  if (!looks_at_files) return std::nullopt;
  for (const std::string& file : one.glob.expand()) {
    if (reads(one, file) && reads(other, file)) return file;
  }
  return std::nullopt;
}

}  // namespace

void check_overlapping_paths(const Subject& subject, Report& report) {
  std::vector<Target> targets;
  for (const JobModel* job : subject.sound_jobs()) {
    for (const PathModel& path : job->paths) {
      if (!path.labels) continue;
      Target target{job, &path, Glob(path.path), Glob(path.exclude)};
      for (const Target& other : targets) {
        const bool same = other.job == job && *other.path->labels == *path.labels;
        const bool other_host =
            !path.host.empty() && !other.path->host.empty() && path.host != other.path->host;
        if (same || other_host) continue;
        const auto file = common(other, target, subject.looks_at_files);
        if (!file) continue;
        report.add(path.place,
                   fmt::format("{} and {} (job {}, line {}) both match {}: its lines are sent twice",
                               path.path, other.path->path, other.job->name, other.path->place.line, *file),
                   "patterns of which no file is in both, or __path_exclude__");
      }
      targets.push_back(std::move(target));
    }
  }
}

}  // namespace lokitail::agent::lint
