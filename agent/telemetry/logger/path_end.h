// The end of a path. Pure function: any thread, no errors.
#pragma once

#include <string_view>

namespace lokitail::telemetry {

// The last so many parts: path_end("/src/node/executor.cc", 2) is node/executor.cc.
constexpr std::string_view path_end(std::string_view path, int parts) {
  std::size_t slash = path.size();
  for (; parts > 0; --parts) {
    if (slash == 0) return path;
    slash = path.rfind('/', slash - 1);
    if (slash == std::string_view::npos) return path;
  }
  return path.substr(slash + 1);
}

}  // namespace lokitail::telemetry
