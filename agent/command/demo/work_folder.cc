#include "agent/command/demo/work_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace lokitail::agent::demo {

WorkFolder::WorkFolder(const std::string& keep) : kept_(!keep.empty()) {
  if (kept_) {
    std::filesystem::create_directories(keep);
    path_ = std::filesystem::absolute(keep);
    if (!std::filesystem::is_empty(path_)) {
      throw std::runtime_error(path_.string() + " is not empty");
    }
    return;
  }
  std::string name = (std::filesystem::temp_directory_path() / "lokitail-demo-XXXXXX").string();
  if (!mkdtemp(name.data())) {
    throw std::runtime_error("cannot create " + name + ": " + std::strerror(errno));
  }
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace lokitail::agent::demo
