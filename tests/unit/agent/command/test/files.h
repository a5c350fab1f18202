// A folder with the files of one test.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace lokitail::agent::testing {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lokitail-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Returns the file's path.
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A configuration with two jobs, of which "app" has a target; no clients.
inline const std::string kConfig = R"(
scrape_configs:
- job_name: app
  static_configs:
  - labels: {job: app, __path__: /nowhere/*.log}
  pipeline_stages:
  - regex: {expression: '^(?P<level>\w+)'}
  - labels: {level: }
- job_name: other
  static_configs: [{targets: [localhost]}]
)";

}  // namespace lokitail::agent::testing
