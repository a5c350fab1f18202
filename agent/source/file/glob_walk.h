// Walks the folders that a pattern leads through, and tells which of them to watch: a new name there may
// lead on to new matches. With what it told about a folder, a single new name can be followed without
// walking everything again.
//
// Symbolic links are followed. Below `**` a folder is not entered again from within itself, so a loop of
// links ends; elsewhere the pattern itself bounds the depth.
//
// Threads: functions without state. Errors: what cannot be read is not there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/source/file/glob.h"

namespace lokitail::agent {

// How far of a pattern a folder is reached: the next name in it is to match that component.
struct GlobPlace {
  std::uint32_t branch = 0;
  std::uint32_t component = 0;
  auto operator<=>(const GlobPlace&) const = default;
};

class GlobVisitor {
 public:
  virtual ~GlobVisitor() = default;
  // A match that is no folder. It may come more than once. `inode`: what its folder says of a regular file, which
  // costs nothing more; 0 where it says nothing, and of links.
  virtual void file(const std::string& path, std::uint64_t inode) = 0;
  // New names in this folder matter. Called before it is read, so that who starts to watch it now
  // misses nothing. The root is "/".
  virtual void directory(const std::string& path, GlobPlace place) = 0;
};

// From the root.
void walk(const Glob& glob, GlobVisitor& visitor);
// From a name that appeared in a folder which was reported with `place`.
void walk_from(const Glob& glob, GlobPlace place, const std::string& directory, std::string_view name,
               GlobVisitor& visitor);

}  // namespace lokitail::agent
