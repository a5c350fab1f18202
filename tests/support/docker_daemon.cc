#include "tests/support/docker_daemon.h"

#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace lokitail::test {
namespace {

namespace fs = std::filesystem;

std::string tail(const std::string& text) {
  return text.size() > 400 ? text.substr(text.size() - 400) : text;
}

}  // namespace

std::string DockerDaemon::missing() {
  if (::geteuid() != 0) return "the Docker engine needs root";
  for (const char* program : {"dockerd", "docker", "containerd", "runc", "busybox"}) {
    if (!find_program(program)) return std::string(program) + " is not installed";
  }
  return {};
}

DockerDaemon::DockerDaemon(const fs::path& directory, const std::string& settings,
                           std::vector<std::string> more)
    : directory_(directory), more_(std::move(more)) {
  fs::create_directories(directory_);
  write_file(directory_ / "daemon.json", settings);
  launch();
}

DockerDaemon::~DockerDaemon() {
  std::istringstream containers(docker({"ps", "-q"}).out);
  for (std::string id; containers >> id;) docker({"kill", id});
  end();
}

void DockerDaemon::launch() {
  Command command{{"dockerd", "--config-file", directory_ / "daemon.json", "--host", host(), "--data-root",
                   directory_ / "data", "--exec-root", directory_ / "exec", "--pidfile",
                   directory_ / "dockerd.pid", "--iptables=false", "--ip6tables=false", "--bridge=none",
                   "--exec-opt", "native.cgroupdriver=cgroupfs"},
                  {},
                  directory_,
                  directory_ / "log",
                  directory_ / "log"};
  command.arguments.insert(command.arguments.end(), more_.begin(), more_.end());
  process_ = std::make_unique<Process>(command);
}

void DockerDaemon::end() {
  process_->signal(SIGTERM);
  process_->wait(20s);
  ::umount2((directory_ / "exec" / "netns" / "default").c_str(), MNT_DETACH);
}

void DockerDaemon::restart() {
  end();
  launch();
  if (!eventually([this] { return docker({"version"}).exit_code == 0; })) {
    throw std::runtime_error("dockerd does not start again: " + tail(read_file(directory_ / "log")));
  }
}

Finished DockerDaemon::docker(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"docker", "-H", host()});
  return run(arguments);
}

std::string DockerDaemon::start(const std::string& script, std::vector<std::string> options) const {
  std::vector<std::string> arguments = {"run", "-d", "--network", "none"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"bb", "sh", "-c", script});
  const Finished finished = docker(std::move(arguments));
  if (finished.exit_code != 0) throw std::runtime_error("a container does not start: " + tail(finished.err));
  return finished.out.substr(0, finished.out.find('\n'));
}

bool DockerDaemon::usable() {
  if (!eventually([this] { return docker({"version"}).exit_code == 0 || !process_->running(); }) ||
      !process_->running()) {
    why_not_ = "dockerd does not start: " + tail(read_file(directory_ / "log"));
    return false;
  }
  make_image();
  const Finished finished = docker({"run", "--rm", "--network", "none", "bb", "true"});
  if (finished.exit_code != 0) why_not_ = "containers do not start: " + tail(finished.err);
  return finished.exit_code == 0;
}

void DockerDaemon::make_image() const {
  const fs::path bin = directory_ / "image" / "bin";
  fs::create_directories(bin);
  fs::copy_file(*find_program("busybox"), bin / "busybox", fs::copy_options::overwrite_existing);
  for (const char* applet : {"sh", "true", "usleep", "sleep", "head", "tr", "cat", "seq", "mkfifo"}) {
    fs::create_symlink("busybox", bin / applet);
  }
  const std::string archive = directory_ / "image.tar";
  run({"tar", "-C", directory_ / "image", "-cf", archive, "."});
  docker({"import", "-c", "ENV PATH=/bin", archive, "bb"});
}

}  // namespace lokitail::test
