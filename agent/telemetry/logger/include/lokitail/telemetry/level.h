// How grave a line is, and its name in the line's `level`.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lokitail::telemetry {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

// debug, info, warn, error.
std::string_view level_name(Level level);
// Nothing where it is none of these names.
std::optional<Level> parse_level(std::string_view name);

}  // namespace lokitail::telemetry
