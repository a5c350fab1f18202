// A real Docker engine of the test's own, with an image that holds busybox.
//
// Needs root, and the packages docker.io, containerd, runc and busybox-static.
//
// Threads: one at a time. Ownership: its containers end with it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace lokitail::test {

class DockerDaemon {
 public:
  // Empty where it may run.
  static std::string missing();

  // `settings` is its daemon.json; `more` are further arguments.
  explicit DockerDaemon(const std::filesystem::path& directory, const std::string& settings = "{}",
                        std::vector<std::string> more = {});
  ~DockerDaemon();

  // Whether it runs containers of an image "bb" that holds busybox. If not, why_not() tells.
  bool usable();
  const std::string& why_not() const { return why_not_; }

  // SIGTERM, and the start of another one with the same containers.
  void restart();

  Finished docker(std::vector<std::string> arguments) const;
  // `docker run -d` of a shell script, with these options before it. The container's id; throws where it does
  // not start.
  std::string start(const std::string& script, std::vector<std::string> options = {}) const;

  std::string host() const { return "unix://" + (directory_ / "docker.sock").string(); }
  std::filesystem::path log_folder(const std::string& container) const {
    return directory_ / "data" / "containers" / container;
  }
  std::filesystem::path containers() const { return directory_ / "data" / "containers"; }
  std::filesystem::path all_logs() const { return directory_ / "data" / "containers" / "*" / "*-json.log"; }

 private:
  void launch();
  void end();
  void make_image() const;

  const std::filesystem::path directory_;
  const std::vector<std::string> more_;
  std::unique_ptr<Process> process_;
  std::string why_not_;
};

}  // namespace lokitail::test
