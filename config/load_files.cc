// Finds the configuration file and loads it under the flags' overrides.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/flags.h"
#include "config/load.h"

namespace lokitail::config {
namespace {

constexpr std::string_view kExpandHint =
    ". Use `-config.expand-env=true` flag if you want to expand environment variables in your "
    "config file";

// A configuration of this size is a mistake, such as a log given for one.
constexpr size_t kMaxFileSize = size_t{16} << 20;

// The first path of the comma-separated list that exists.
std::string existing_file(const std::string& list) {
  size_t from = 0;
  while (from <= list.size()) {
    const size_t comma = std::min(list.find(',', from), list.size());
    std::string path = list.substr(from, comma - from);
    std::error_code error;
    if (!path.empty() && std::filesystem::exists(path, error)) return path;
    from = comma + 1;
  }
  throw Error({}, list + " does not exist, set config.file for custom config path");
}

}  // namespace

ConfigText read_config_text(const Options& options, const EnvLookup& env) {
  ConfigText config;
  config.path = existing_file(options.config_file);
  config.raw = read_file(config.path);
  config.expanded = options.expand_env ? expand_env(config.raw, env, config.path) : config.raw;
  return config;
}

Error with_hint(const Error& error, const Options& options, const ConfigText& text) {
  const bool hint = !options.expand_env && text.raw.find("${") != std::string::npos;
  return hint ? Error(error.place(), error.message() + std::string(kExpandHint)) : error;
}

namespace {

Config read_expanded(const Options& options, const EnvLookup& env, Warnings& warnings) {
  const ConfigText text = read_config_text(options, env);
  try {
    return read_config(text.expanded, text.path, warnings);
  } catch (const Error& error) {
    throw with_hint(error, options, text);
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 16384> chunk;
  while (file && text.size() <= kMaxFileSize) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    throw Error({path, 0, 0}, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (text.size() > kMaxFileSize) throw Error({path, 0, 0}, "too large for a configuration");
  return text;
}

LoadedConfig load_file(const Options& options, const EnvLookup& env) {
  LoadedConfig loaded;
  loaded.config = read_expanded(options, env, loaded.warnings);
  return loaded;
}

LoadedConfig load_files(const Options& options, const EnvLookup& env) {
  LoadedConfig loaded;
  if (!options.config_file.empty()) {
    loaded.config = read_expanded(options, env, loaded.warnings);
  }
  apply_flags(options, loaded.config);
  complete(loaded.config, loaded.warnings);
  return loaded;
}

}  // namespace lokitail::config
