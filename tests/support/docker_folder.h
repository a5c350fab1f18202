// The folder in which a Docker engine keeps its containers, without an engine: a test makes them, lets them
// log, and removes them.
//
// Threads: one at a time. Errors: std::filesystem's exceptions.
#pragma once

#include <filesystem>
#include <string>

namespace lokitail::test {

class DockerFolder {
 public:
  explicit DockerFolder(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }

  // What the engine writes when it makes and starts a container. Returns its id, which is made of the name.
  std::string start(const std::string& name);
  // The same, of a container that is there: it has stopped, or runs again under another name.
  void set(const std::string& id, const std::string& name, bool runs);
  void log(const std::string& id, const std::string& line, const std::string& stream = "stdout");
  void remove(const std::string& id);

  std::filesystem::path config_file(const std::string& id) const { return path_ / id / "config.v2.json"; }
  std::filesystem::path log_file(const std::string& id) const { return path_ / id / (id + "-json.log"); }
  static std::string config(const std::string& id, const std::string& name, bool runs);

 private:
  void write(const std::string& id, const std::string& file, const std::string& text) const;

  const std::filesystem::path path_;
};

}  // namespace lokitail::test
