// The version, from one place: CMakeLists.txt.
#pragma once

#include <string>

namespace lokitail::agent {

inline constexpr const char* kVersion = LOKITAIL_VERSION;

// What -version prints, on lines that begin as Promtail's: `lokitail, version 0.1.0 (branch: , revision: unknown)`, and
// the processor that code is chosen for (pipeline/processor.h). Who packages lokitail tells branch and revision by
// LOKITAIL_BRANCH and LOKITAIL_REVISION of CMake.
std::string version_text();

// The same on one line: `(version=0.1.0, branch=, revision=unknown)`.
std::string version_line();

}  // namespace lokitail::agent
