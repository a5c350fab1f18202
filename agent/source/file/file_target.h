// Which files to tail, with which labels, through which job's pipeline.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/source/decompressor.h"
#include "agent/source/file/glob.h"
#include "agent/source/file/line_decoder.h"

namespace lokitail::agent {

class Worker;

using LabelSet = std::map<std::string, std::string>;

// As discovery and relabelling leave it.
struct FileTarget {
  std::string job;
  std::string path;                           // a pattern (glob.h)
  std::string exclude;                        // a pattern too; may be empty
  LabelSet labels;                            // without those that begin with __
  std::string encoding;                       // line_encoding.h; empty for none
  std::optional<Compression> compression;     // of all the target's files
  std::chrono::nanoseconds initial_delay{0};  // before a file is read, where there is a compression
  bool spools = false;                        // what is read goes to the spool before it counts as read
  bool reads_rotated = false;            // also what was rotated before the path was seen for the first time
  std::shared_ptr<LineDecoder> decoder;  // what lines become before the pipeline; nullptr: they stay
  Worker* worker = nullptr;              // which reads it; nullptr: any
  bool operator==(const FileTarget&) const = default;
};

// The same, with its patterns compiled.
struct WatchedTarget {
  explicit WatchedTarget(FileTarget given) : target(std::move(given)), path(target.path) {
    if (!target.exclude.empty()) exclude.emplace(target.exclude);
  }
  bool excludes(const std::string& file) const { return exclude && exclude->matches(file); }
  bool covers(const std::string& file) const { return path.matches(file) && !excludes(file); }

  const FileTarget target;
  const Glob path;
  std::optional<Glob> exclude;
};

}  // namespace lokitail::agent
