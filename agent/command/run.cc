#include "agent/command/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "agent/command/check.h"
#include "agent/daemon.h"
#include "agent/delivery/entry_printer.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"
#include "config/flags.h"

namespace lokitail::agent {
namespace {

constexpr int kBadConfiguration = 1;
constexpr int kLinesLost = 1;
constexpr int kBadFlags = 2;

void configure_log(const config::ServerConfig& server) {
  const std::string& level = server.log_level;
  log::configure(level == "debug"  ? log::Level::kDebug
                 : level == "warn" ? log::Level::kWarn
                 : level == "error" ? log::Level::kError
                                    : log::Level::kInfo,
                 server.log_format == "json" ? log::Format::kJson : log::Format::kLogfmt);
}

DaemonOptions daemon_options(const config::Options& options) {
  return {.shutdown_timeout = options.shutdown_timeout, .dry_run = options.dry_run,
          .inspect = options.inspect, .drain_and_exit = options.drain_and_exit};
}

// As Promtail, before the entries of a dry run.
void print_clients(const config::Config& config) {
  const bool colored = wants_color(STDOUT_FILENO);
  fmt::print("{}Clients configured:{}\n", colored ? "\x1b[33m" : "", colored ? "\x1b[0m" : "");
  for (const config::ClientConfig& client : config.clients) {
    fmt::print("----------------------\n{}\n", config::to_yaml(client));
  }
  std::fflush(stdout);
}

// Where the input was closed, nothing that is opened later may be taken for it.
void open_stdin() {
  if (::fcntl(STDIN_FILENO, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDONLY));
}

int run_with(const config::Options& options, config::LoadedConfig loaded) {
  configure_log(loaded.config.server);
  if (loaded.config.target_config.read_stdin) open_stdin();
  if (options.print_config_stderr) {
    fmt::print(stderr, "---\n# Loki Config\n# lokitail {}\n{}\n", kVersion,
               config::to_yaml(loaded.config));
  }
  try {
    Daemon daemon(loaded.config, daemon_options(options), loaded.warnings);
    for (const std::string& warning : loaded.warnings.texts()) log::warn(warning);
    if (options.dry_run) print_clients(loaded.config);
    return daemon.run() ? EXIT_SUCCESS : kLinesLost;
  } catch (const std::exception& problem) {
    log::error("error creating lokitail", {{"error", problem.what()}});
    return kBadConfiguration;
  }
}

int print_version() {
  fmt::print("lokitail, version {}\n", kVersion);
  return EXIT_SUCCESS;
}

int check_syntax(config::LoadedConfig loaded) {
  check_jobs(loaded.config, loaded.warnings);
  for (const std::string& warning : loaded.warnings.texts()) fmt::print(stderr, "warning: {}\n", warning);
  fmt::print("Valid config file! No syntax issues found\n");
  return EXIT_SUCCESS;
}

}  // namespace

int run_agent(std::span<const char* const> arguments) {
  config::Options options;
  try {
    options = config::parse_flags(arguments);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\nRun with -help to get list of available parameters\n", problem.what());
    return kBadFlags;
  }
  if (options.help) {
    fmt::print("{}", config::flags_usage());
    return kBadFlags;
  }
  if (options.check_syntax && options.config_file.empty()) {
    fmt::print("Invalid config file\n");
    return kBadConfiguration;
  }
  // As Promtail, which reads a configuration that is given together with -version.
  if (options.print_version && options.config_file.empty()) return print_version();
  try {
    config::LoadedConfig loaded = config::load_files(options, config::process_env);
    if (options.print_version) return print_version();
    if (options.check_syntax) return check_syntax(std::move(loaded));
    return run_with(options, std::move(loaded));
  } catch (const std::exception& problem) {
    fmt::print("Unable to parse config: {}\n", problem.what());
    return kBadConfiguration;
  }
}

}  // namespace lokitail::agent
