// What a container writes to.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace lokitail::agent {

enum class LogStream : unsigned char { kStdout, kStderr };

inline constexpr std::size_t kLogStreams = 2;
inline constexpr std::array<std::string_view, kLogStreams> kLogStreamNames = {"stdout", "stderr"};

constexpr std::size_t index_of(LogStream stream) { return static_cast<std::size_t>(stream); }
constexpr std::string_view name_of(LogStream stream) { return kLogStreamNames[index_of(stream)]; }

}  // namespace lokitail::agent
