// The version, from one place: CMakeLists.txt.
#pragma once

namespace lokitail::agent {

inline constexpr const char* kVersion = LOKITAIL_VERSION;

}  // namespace lokitail::agent
