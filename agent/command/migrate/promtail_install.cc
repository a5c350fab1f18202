#include "agent/command/migrate/promtail_install.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "agent/state/durable_file.h"

namespace lokitail::agent::migrate {
namespace {

namespace fs = std::filesystem;

constexpr std::array kUnitFolders = {"/etc/systemd/system", "/run/systemd/system",
                                     "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                     "/lib/systemd/system"};
constexpr std::array kConfigFiles = {"/etc/promtail/config.yml", "/etc/promtail/config.yaml",
                                     "/etc/promtail/promtail.yml", "/etc/promtail/promtail.yaml",
                                     "/etc/promtail-local-config.yaml"};

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::string read_existing(const std::string& path) {
  std::string content;
  bool missing = false;
  const std::string problem = read_whole_file(path, content, missing);
  if (!problem.empty()) throw std::runtime_error(problem);
  if (missing) throw std::runtime_error(path + ": there is no such file");
  return content;
}

// promtail.service.d/*.conf of all folders, in the order in which systemd reads them.
std::vector<std::string> drop_ins(const std::string& root) {
  std::vector<std::string> files;
  std::vector<std::string> names;
  for (const char* folder : kUnitFolders) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root + folder + "/promtail.service.d", ignored)) {
      const std::string name = entry.path().filename();
      // The first folder's file hides those of the same name in the others.
      if (entry.path().extension() != ".conf" || std::ranges::find(names, name) != names.end()) {
        continue;
      }
      names.push_back(name);
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files, {}, [](const std::string& file) { return fs::path(file).filename(); });
  return files;
}

void read_service(const std::string& root, PromtailInstall& install) {
  const auto found = std::ranges::find_if(
      kUnitFolders, [&root](const char* folder) { return exists(root + folder + "/promtail.service"); });
  if (found == kUnitFolders.end()) return;
  install.unit = std::string(*found) + "/promtail.service";
  read_unit(read_existing(root + install.unit), install.service);
  for (const std::string& file : drop_ins(root)) read_unit(read_existing(file), install.service);
  install.environment = install.service.environment;
  for (std::string file : install.service.environment_files) {
    if (file.starts_with('-')) file.erase(0, 1);
    if (!exists(root + file)) continue;
    for (auto& each : read_environment_file(read_existing(root + file))) {
      install.environment.push_back(std::move(each));
    }
  }
}

// As a unit has it.
std::optional<std::string> look_up(const PromtailInstall& install, std::string_view name) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < install.environment.size(); ++i) {
    const auto& [key, each] = install.environment[i];
    const bool is_of_unit = i < install.service.environment.size();
    if (key == name) value = is_of_unit ? each : without_specifiers(each);
  }
  return value;
}

// Sets aside -config.file, of which Promtail takes the first that exists.
void read_flags(const std::string& root, PromtailInstall& install) {
  const auto words = expand_words(install.service.command,
                                  [&install](std::string_view name) { return look_up(install, name); });
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view flag = word.substr(word.starts_with("--") ? 1 : 0);
    std::string files;
    if (flag.starts_with("-config.file=")) {
      files = flag.substr(flag.find('=') + 1);
    } else if (flag == "-config.file" && i + 1 < words.size()) {
      files = words[++i];
    } else {
      install.flags.emplace_back(word);
      continue;
    }
    for (std::size_t from = 0; from <= files.size();) {
      const std::size_t comma = std::min(files.find(',', from), files.size());
      const std::string file = files.substr(from, comma - from);
      if (install.config_file.empty() && exists(root + file)) install.config_file = file;
      from = comma + 1;
    }
  }
}

}  // namespace

PromtailInstall find_promtail(const Options& options) {
  PromtailInstall install;
  read_service(options.root, install);
  read_flags(options.root, install);
  if (!options.config_file.empty()) {
    install.config_file = options.config_file;
    if (!exists(options.root + options.config_file)) {
      throw std::runtime_error(options.root + options.config_file + ": there is no such file");
    }
  }
  for (const char* file : kConfigFiles) {
    if (install.config_file.empty() && exists(options.root + file)) install.config_file = file;
  }
  if (install.config_file.empty()) {
    throw std::runtime_error(
        "no Promtail found: neither a promtail.service with a -config.file that exists, nor " +
        std::string(kConfigFiles.front()) + "; name its configuration with -config.file");
  }
  return install;
}

bool is_running(const std::string& root, const std::string& service) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root + "/proc", ignored)) {
    if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    std::string content;
    bool missing = false;
    // A line of its control groups: 0::/system.slice/promtail.service
    if (read_whole_file(entry.path() / "cgroup", content, missing).empty() &&
        content.find("/system.slice/" + service + "\n") != content.npos) {
      return true;
    }
  }
  return false;
}

}  // namespace lokitail::agent::migrate
