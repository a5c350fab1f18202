// Pieces of paths, by their text alone.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::agent {

inline std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

inline std::string join_path(std::string_view folder, std::string_view name) {
  std::string path(folder == "/" ? std::string_view() : folder);
  return path.append("/").append(name);
}

}  // namespace lokitail::agent
