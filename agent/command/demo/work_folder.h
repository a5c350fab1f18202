// Where the demo works: a folder of the user's that stays, or a temporary one that goes.
//
// Threads: one. Errors: the constructor throws std::runtime_error where there can be none.
#pragma once

#include <filesystem>
#include <string>

namespace lokitail::agent::demo {

class WorkFolder {
 public:
  // `keep`: the one that stays, new or empty; empty: a temporary one.
  explicit WorkFolder(const std::string& keep);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  bool kept() const { return kept_; }

 private:
  std::filesystem::path path_;
  const bool kept_;
};

}  // namespace lokitail::agent::demo
