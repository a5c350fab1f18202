#include "agent/command/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "agent/daemon.h"
#include "agent/delivery/entry_printer.h"
#include "agent/lint/trial_build.h"
#include "agent/memory_use.h"
#include "agent/telemetry/log.h"
#include "agent/version.h"
#include "config/flags.h"

namespace lokitail::agent {

const std::string_view kExitStatus =
    R"(0 after a clean stop, and where -check-syntax and -version find nothing wrong;
1 for a configuration that cannot be used, and for a stop that loses lines;
2 for wrong flags, and for -help.
)";

namespace {

constexpr int kBadConfiguration = 1;
constexpr int kLinesLost = 1;
constexpr int kBadFlags = 2;

DaemonOptions daemon_options(const config::Options& options, const std::string& config_file) {
  DaemonOptions daemon{.shutdown_timeout = options.shutdown_timeout,
                       .dry_run = options.dry_run,
                       .inspect = options.inspect,
                       .drain_and_exit = options.drain_and_exit};
  if (options.config_file.empty()) return daemon;
  daemon.load = [options] { return config::load_files(options, config::process_env); };
  if (options.watch_config) daemon.watched_file = config_file;
  return daemon;
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

// One after the other: a reload that changes more than jobs ends in another configuration to go on with. Where that
// turns out to be none, the one before is.
int run_daemons(const config::Options& options, std::shared_ptr<const config::Config> config) {
  std::shared_ptr<const config::Config> before;
  for (;;) {
    try {
      config::Warnings warnings;
      Daemon daemon(config, daemon_options(options, config->file_name), warnings);
      for (const std::string& warning : warnings.texts()) log::warn(warning);
      const bool is_clean = daemon.run();
      before = std::exchange(config, daemon.next_config());
      if (config == nullptr) return is_clean ? EXIT_SUCCESS : kLinesLost;
      log::configure(config->server);
    } catch (const std::exception& problem) {
      log::error("error creating lokitail", {{"error", problem.what()}});
      if (before == nullptr) return kBadConfiguration;
      log::warn("going on with the configuration before");
      config = std::exchange(before, nullptr);
      log::configure(config->server);
    }
  }
}

int run_with(const config::Options& options, config::LoadedConfig loaded) {
  return_large_memory();
  log::configure(loaded.config.server);
  if (loaded.config.target_config.read_stdin) open_stdin();
  if (options.print_config_stderr) {
    fmt::print(stderr, "---\n# Loki Config\n# {}\n{}\n", version_line(), config::to_yaml(loaded.config));
  }
  for (const std::string& warning : loaded.warnings.texts()) log::warn(warning);
  auto config = std::make_shared<const config::Config>(std::move(loaded.config));
  if (options.dry_run) print_clients(*config);
  return run_daemons(options, std::move(config));
}

int print_version() {
  fmt::print("{}", version_text());
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
    fmt::print("{}\nExit status:\n{}", config::flags_usage(), kExitStatus);
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
