#include "agent/command/migrate/takeover.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "agent/state/durable_file.h"
#include "agent/state/positions_file.h"

namespace lokitail::agent::migrate {

namespace fs = std::filesystem;

const char* const kConfigFile = "/etc/lokitail/config.yaml";
const char* const kPositionsFile = "/var/lib/lokitail/positions.yaml";

namespace {

constexpr const char* kDropIn = "/etc/systemd/system/lokitail.service.d/promtail.conf";
constexpr const char* kKept = ".before-promtail";
constexpr mode_t kReadable = 0644;

void check(const std::string& problem) {
  if (!problem.empty()) throw std::runtime_error(problem);
}

std::optional<std::string> read_if_there(const std::string& path) {
  std::string content;
  bool missing = false;
  check(read_whole_file(path, content, missing));
  return missing ? std::nullopt : std::optional(std::move(content));
}

// With the rights of the file whose content it is, or with those of all others.
void write(const std::string& path, std::string_view content, const std::string& like) {
  fs::create_directories(fs::path(path).parent_path());
  check(replace_file(path, content));
  struct stat status {};
  const mode_t mode = !like.empty() && ::stat(like.c_str(), &status) == 0 ? status.st_mode & 0777 : kReadable;
  if (::chmod(path.c_str(), mode) != 0) check(file_problem("cannot change the mode of", path));
}

// Out of the way, unless something was put there before.
std::string set_aside(const std::string& root, const std::string& path) {
  const std::string kept = path + kKept;
  if (fs::exists(root + kept)) return {};
  fs::rename(root + path, root + kept);
  return "  kept what was in " + path + " as " + kept;
}

void copy_config(const std::string& root, const Takeover& takeover, std::vector<std::string>& done) {
  const std::string from = root + takeover.promtail.config_file;
  const std::optional<std::string> content = read_if_there(from);
  if (!content) throw std::runtime_error(from + ": there is no such file");
  const std::optional<std::string> old = read_if_there(root + kConfigFile);
  if (old == content) return;
  if (old) {
    if (const std::string line = set_aside(root, kConfigFile); !line.empty()) done.push_back(line);
  }
  write(root + kConfigFile, *content, from);
  done.push_back(fmt::format("  copied {} to {}", takeover.promtail.config_file, kConfigFile));
}

// Whose the folder is, theirs are its files.
void give_to_owner_of(const std::string& folder, const std::string& path) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) == 0 && ::chown(path.c_str(), status.st_uid, status.st_gid) != 0) {
    check(file_problem("cannot change the owner of", path));
  }
}

void copy_positions(const std::string& root, const Takeover& takeover, std::vector<std::string>& done) {
  const std::optional<std::string> content = read_if_there(root + takeover.positions_file);
  if (!content) {
    done.push_back("  there are no positions in " + takeover.positions_file);
    return;
  }
  const std::string kept = kPositionsFile + std::string(kKept);
  if (fs::exists(root + kPositionsFile) && fs::exists(root + kept)) {
    done.push_back(fmt::format("  left {} as it is: positions were taken over before", kPositionsFile));
    return;
  }
  // What lokitail knows of these files is about its own positions.
  for (const std::string& path : {std::string(kPositionsFile), std::string(kPositionsFile) + ".identities"}) {
    if (!fs::exists(root + path)) continue;
    if (const std::string line = set_aside(root, path); !line.empty()) done.push_back(line);
  }
  const std::string folder = fs::path(root + kPositionsFile).parent_path();
  fs::create_directories(folder);
  check(replace_file(root + kPositionsFile, *content));
  give_to_owner_of(folder, root + kPositionsFile);
  if (!fs::exists(root + kept)) write(root + kept, "positions: {}\n", "");
  done.push_back(fmt::format("  copied {} to {}", takeover.positions_file, kPositionsFile));
}

}  // namespace

std::string drop_in(const Takeover& takeover) {
  std::string text = "# Made by lokitail migrate: what Promtail's service was started with.\n[Service]\n";
  for (const auto& [name, value] : takeover.promtail.service.environment) {
    text += "Environment=" + quoted_word(name + "=" + value) + "\n";
  }
  for (const std::string& file : takeover.promtail.service.environment_files) {
    text += "EnvironmentFile=" + file + "\n";
  }
  for (const ServiceNeed& need : takeover.needs) {
    text += "# Because " + need.reason + ".\n" + need.setting + "\n";
  }
  text += fmt::format("ExecStart=\nExecStart=/usr/bin/lokitail -config.file={}", kConfigFile);
  for (const std::string& flag : takeover.promtail.flags) text += " " + quoted_argument(flag);
  // The last one counts.
  return text + fmt::format(" -positions.file={}\n", kPositionsFile);
}

std::string describe_positions(const std::string& root, const Takeover& takeover) {
  const std::optional<std::string> content = read_if_there(root + takeover.positions_file);
  if (!content) {
    return "there are none in " + takeover.positions_file + ", so all files are read from their beginning";
  }
  std::string problem;
  const auto entries = parse_positions(*content, problem);
  if (!entries) {
    throw std::runtime_error(takeover.positions_file + " holds no positions: " + problem);
  }
  return fmt::format("{} of {}", entries->size(), takeover.positions_file);
}

std::vector<std::string> apply(const std::string& root, const Takeover& takeover) {
  std::vector<std::string> done;
  copy_config(root, takeover, done);
  // The environment may hold secrets: as readable as it was.
  const std::string& unit = takeover.promtail.unit;
  write(root + kDropIn, drop_in(takeover), unit.empty() ? "" : root + unit);
  done.push_back(fmt::format("  wrote {}", kDropIn));
  copy_positions(root, takeover, done);
  return done;
}

}  // namespace lokitail::agent::migrate
