#include "agent/command/migrate.h"

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "agent/command/arguments.h"
#include "agent/command/check/inspection.h"
#include "agent/command/check/print.h"
#include "agent/command/migrate/options.h"
#include "agent/command/migrate/promtail_install.h"
#include "agent/command/migrate/service_needs.h"
#include "agent/command/migrate/takeover.h"
#include "config/flags.h"

namespace lokitail::agent {
namespace {

using namespace migrate;

constexpr int kFailed = 1;

config::EnvLookup environment_of(const PromtailInstall& promtail) {
  return [&promtail](std::string_view name) {
    std::optional<std::string> value = config::process_env(name);
    for (const auto& [key, each] : promtail.environment) {
      if (key == name) value = each;
    }
    return value;
  };
}

// The flags as the agent would be given them, on the file where it lies now.
config::Options agent_options(const Options& options, const PromtailInstall& promtail) {
  std::vector<const char*> flags;
  for (const std::string& flag : promtail.flags) flags.push_back(flag.c_str());
  config::Options agent = config::parse_flags(flags);
  agent.config_file = options.root + promtail.config_file;
  return agent;
}

// False where the configuration has errors.
bool check_config(const Options& options, const PromtailInstall& promtail) {
  check::Options checked;
  checked.agent = agent_options(options, promtail);
  checked.looks_at_files = options.root.empty();
  const check::Inspection inspection = check::inspect(checked, environment_of(promtail));
  fmt::print("{}\n", check::as_text(inspection, false));
  return inspection.count(lint::Severity::kError) == 0;
}

void print_plan(const Options& options, const Takeover& takeover, const config::Config& config) {
  fmt::print("What differs:\n");
  for (const std::string& difference : differences(config)) fmt::print("  {}\n", difference);
  fmt::print("\nPositions: {}.\n", describe_positions(options.root, takeover));
  fmt::print("\nIts service will have /etc/systemd/system/lokitail.service.d/promtail.conf:\n");
  std::string text = drop_in(takeover);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from);
    fmt::print("  {}\n", text.substr(from, end - from));
    from = end + 1;
  }
}

void print_commands(const Options& options, const Takeover& takeover) {
  const bool config_given = !options.config_file.empty();
  fmt::print(
      "\nNothing was changed. To move over:\n"
      "  systemctl disable --now promtail\n"
      "  systemctl stop lokitail\n"
      "  lokitail migrate{} --apply\n"
      "  systemctl daemon-reload\n"
      "  systemctl enable --now lokitail\n"
      "\nAnd back again:\n"
      "  systemctl disable --now lokitail\n"
      "  cp {} {}\n"
      "  systemctl enable --now promtail\n",
      config_given ? " -config.file=" + options.config_file : "", kPositionsFile, takeover.positions_file);
}

void refuse_while_running(const Options& options) {
  for (const char* service : {"promtail", "lokitail"}) {
    if (is_running(options.root, std::string(service) + ".service")) {
      throw std::runtime_error(
          fmt::format("{0} is running, and would write its positions: systemctl stop {0}", service));
    }
  }
}

int migrate_with(const Options& options) {
  const PromtailInstall promtail = find_promtail(options);
  fmt::print("Promtail: {} with {}\n", promtail.unit.empty() ? "no service" : promtail.unit,
             promtail.config_file);
  if (!check_config(options, promtail)) {
    fmt::print(stderr, "lokitail migrate: lokitail cannot take this configuration yet\n");
    return kFailed;
  }
  const config::Config config =
      config::load_files(agent_options(options, promtail), environment_of(promtail)).config;
  const Takeover takeover{promtail, config.positions.filename, service_needs(config)};
  if (!options.apply) {
    print_plan(options, takeover, config);
    print_commands(options, takeover);
    return EXIT_SUCCESS;
  }
  refuse_while_running(options);
  static_cast<void>(describe_positions(options.root, takeover));
  for (const std::string& line : apply(options.root, takeover)) fmt::print("{}\n", line);
  fmt::print("\nNow: systemctl daemon-reload && systemctl enable --now lokitail\n");
  return EXIT_SUCCESS;
}

}  // namespace

int run_migrate(std::span<const char* const> arguments) {
  Options options;
  try {
    options = parse_options(arguments);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail migrate: {}\n`lokitail migrate --help` shows the arguments\n",
               problem.what());
    return kBadArguments;
  }
  if (options.help) {
    fmt::print("{}", kUsage);
    return EXIT_SUCCESS;
  }
  try {
    return migrate_with(options);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail migrate: {}\n", problem.what());
    return kFailed;
  }
}

}  // namespace lokitail::agent
