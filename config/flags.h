// The command line, which is Promtail's: Go's flag syntax, with one or two dashes, `-x=v` or
// `-x v`, booleans as `-x` or `-x=false`. Arguments that are no flags mean nothing to the daemon.
//
// Threads: no shared state; any thread.
// Errors:  parse_flags() throws FlagError, whose what() is fit to be shown; load_files() throws
//          Error.
// Source:  flags and help texts follow Promtail 3; -shutdown.timeout is an addition.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/expand_env.h"

namespace lokitail::config {

struct FlagError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::string config_file;  // one path, or several with commas: the first that exists counts
  bool expand_env = false;
  bool watch_config = false;
  bool print_version = false;
  bool check_syntax = false;
  bool dry_run = false;
  bool drain_and_exit = false;
  bool inspect = false;
  bool print_config_stderr = false;
  bool log_config_reverse_order = false;
  bool help = false;
  Duration shutdown_timeout = std::chrono::seconds(5);
  std::vector<std::string> arguments;  // that are no flags

  // Flags that override the file, as name and value, in the order in which they were given.
  std::vector<std::pair<std::string, std::string>> overrides;
};

// `args` are those behind the program's name.
Options parse_flags(std::span<const char* const> args);

void apply_flags(const Options& options, Config& config);

// Labels as -client.external-labels takes them: a=1,"b=2,3". `flag` is named in the FlagError.
LabelMap parse_labels(std::string_view flag, const std::string& value);

// What there is to say of the flags, in groups: for -help, the manual page, and the completion of
// shells.
struct FlagText {
  std::string_view name;
  std::string_view type;      // empty for a boolean
  std::string_view standard;  // the default; empty where there is none to speak of
  std::string_view help;
};
struct FlagGroup {
  std::string_view title;
  bool has_effect = true;         // whether its flags do anything
  std::vector<FlagText> flags{};  // sorted by name
};
std::vector<FlagGroup> flag_groups();

// What -help prints.
std::string flags_usage();

struct LoadedConfig {
  Config config;
  Warnings warnings;
};

// Reads the file that the options name, and that alone: no flag overrides it, and it need not be
// complete - a client may be missing. For those who want to know its jobs.
LoadedConfig load_file(const Options& options, const EnvLookup& env);

// The file that the options name: as it is, and with the environment put in where they say so.
struct ConfigText {
  std::string path;
  std::string raw;
  std::string expanded;
};
ConfigText read_config_text(const Options& options, const EnvLookup& env);

// An error of that file, with a hint at -config.expand-env where that may be what is missing.
Error with_hint(const Error& error, const Options& options, const ConfigText& text);

// Reads the file that the options name, if any, lets the flags override it, and completes it.
LoadedConfig load_files(const Options& options, const EnvLookup& env);

}  // namespace lokitail::config
