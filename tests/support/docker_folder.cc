#include "tests/support/docker_folder.h"

#include <ctime>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "tests/support/temp_dir.h"

namespace lokitail::test {
namespace {

namespace fs = std::filesystem;

std::string now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  tm parts{};
  ::gmtime_r(&time.tv_sec, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:09}Z", text, time.tv_nsec);
}

}  // namespace

DockerFolder::DockerFolder(fs::path path) : path_(std::move(path)) { fs::create_directories(path_); }

std::string DockerFolder::config(const std::string& id, const std::string& name, bool runs) {
  return fmt::format(
      R"({{"State":{{"Running":{},"StartedAt":"2026-11-27T04:15:28.93890247Z"}},"ID":"{}","Config":{{"Tty":false,)"
      R"("Image":"shop/web:1","Labels":{{"com.docker.compose.service":"web"}}}},"NetworkSettings":{{"Networks":{{}}}},)"
      R"("LogPath":"/elsewhere/{}-json.log","Name":"/{}"}})",
      runs, id, id, name);
}

// As the engine does it: beside it, and then renamed.
void DockerFolder::write(const std::string& id, const std::string& file, const std::string& text) const {
  const fs::path before = path_ / id / (".tmp-" + file);
  write_file(before, text);
  fs::rename(before, path_ / id / file);
}

std::string DockerFolder::start(const std::string& name) {
  const std::size_t hash = std::hash<std::string>()(name);
  std::string id = fmt::format("{:016x}{:016x}{:032x}", hash, ~hash, hash);
  fs::create_directories(path_ / id);
  write_file(log_file(id), "");
  set(id, name, true);
  write(id, "hostconfig.json", R"({"LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"none"})");
  return id;
}

void DockerFolder::set(const std::string& id, const std::string& name, bool runs) {
  write(id, "config.v2.json", config(id, name, runs));
}

void DockerFolder::log(const std::string& id, const std::string& line, const std::string& stream) {
  append_file(log_file(id), fmt::format(R"({{"log":"{}\n","stream":"{}","time":"{}"}})"
                                        "\n",
                                        line, stream, now()));
}

void DockerFolder::remove(const std::string& id) { fs::remove_all(path_ / id); }

}  // namespace lokitail::test
