#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "agent/command/arguments.h"
#include "agent/command/check.h"
#include "agent/command/check/options.h"
#include "agent/command/demo.h"
#include "agent/command/demo/options.h"
#include "agent/command/explain.h"
#include "agent/command/explain/options.h"
#include "agent/command/health.h"
#include "agent/command/migrate.h"
#include "agent/command/migrate/options.h"
#include "agent/command/reference.h"
#include "agent/command/run.h"
#include "agent/command/tap.h"
#include "agent/command/test.h"
#include "agent/command/test/options.h"
#include "agent/command/top.h"
#include "config/nearest.h"
#include "pipeline/processor.h"

namespace lokitail::agent {
namespace {

using Arguments = std::span<const char* const>;

int run_help(Arguments arguments);

struct Subcommand {
  std::string_view name;
  int (*run)(Arguments arguments);  // without the program's and the subcommand's names
  std::string_view summary;
  const std::string_view& usage;
};

constexpr std::string_view kHelpUsage = R"(usage: lokitail help [COMMAND]

Says what there is, or what there is of a command.
)";

// Without one of these names in front, the arguments are the agent's, as Promtail's are.
const std::array kSubcommands = {
    Subcommand{"check", run_check, "say what is wrong with a configuration, and what is hardly meant",
               check::kUsage},
    Subcommand{"demo", run_demo, "show the agent at work, without a Loki", demo::kUsage},
    Subcommand{"explain", run_explain, "take lines through the stages of a job, step by step",
               explain::kUsage},
    Subcommand{"health", run_health, "ask a running agent whether it is ready", kHealthUsage},
    Subcommand{"help", run_help, "say what there is; help COMMAND for one of these", kHelpUsage},
    Subcommand{"migrate", run_migrate, "take over from an installed Promtail", migrate::kUsage},
    Subcommand{"tap", run_tap, "show the entries of a running agent as they come", kTapUsage},
    Subcommand{"test", run_test, "run tests of your own pipelines", testing::kUsage},
    Subcommand{"top", run_top, "show the clients and targets of a running agent by lag and rate", kTopUsage},
};

const Subcommand* find_subcommand(std::string_view name) {
  const auto found = std::ranges::find(kSubcommands, name, &Subcommand::name);
  return found == kSubcommands.end() ? nullptr : &*found;
}

int refuse(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(std::size(kSubcommands));
  for (const Subcommand& subcommand : kSubcommands) names.push_back(subcommand.name);
  fmt::print(stderr, "lokitail: unknown command '{}'{}\nRun lokitail help for what there is\n", name,
             config::did_you_mean(name, names));
  return kBadArguments;
}

// For packages: the manual page, completions.
int print_reference(std::string_view format) {
  std::vector<CommandText> texts;
  texts.reserve(std::size(kSubcommands));
  for (const Subcommand& command : kSubcommands) {
    texts.push_back({command.name, command.summary, command.usage});
  }
  try {
    fmt::print("{}", reference_text(format, texts));
    return EXIT_SUCCESS;
  } catch (const std::invalid_argument& problem) {
    fmt::print(stderr, "lokitail help: {}\n", problem.what());
    return kBadArguments;
  }
}

int run_help(Arguments arguments) {
  constexpr std::string_view kFormat = "--format=";
  if (!arguments.empty() && std::string_view(arguments.front()).starts_with(kFormat)) {
    return print_reference(std::string_view(arguments.front()).substr(kFormat.size()));
  }
  if (!arguments.empty()) {
    const Subcommand* const subcommand = find_subcommand(arguments.front());
    if (subcommand == nullptr) return refuse(arguments.front());
    fmt::print("{}", subcommand->usage);
    return EXIT_SUCCESS;
  }
  fmt::print(
      "usage: lokitail -config.file=FILE [flags]     run the agent; -help lists the flags\n"
      "       lokitail COMMAND [arguments]\n\n");
  for (const Subcommand& command : kSubcommands) {
    fmt::print("  {:<9} {}\n", command.name, command.summary);
  }
  return EXIT_SUCCESS;
}

int run(Arguments arguments) {
  const std::string_view first = arguments.empty() ? "" : arguments.front();
  if (first.empty() || first.front() == '-') return run_agent(arguments);
  const Subcommand* const subcommand = find_subcommand(first);
  return subcommand == nullptr ? refuse(first) : subcommand->run(arguments.subspan(1));
}

// For comparisons and tests, and for a virtual machine that promises more than it has.
bool choose_processor() {
  constexpr const char* kVariable = "LOKITAIL_PROCESSOR";
  const char* const name = std::getenv(kVariable);
  if (name == nullptr || *name == '\0') return true;
  try {
    pipeline::use_processor(name);
    return true;
  } catch (const std::invalid_argument& problem) {
    fmt::print(stderr, "lokitail: {}: {}\n", kVariable, problem.what());
    return false;
  }
}

}  // namespace
}  // namespace lokitail::agent

int main(int argument_count, char** arguments) {
  const std::span<const char* const> all(arguments, static_cast<std::size_t>(argument_count));
  if (!lokitail::agent::choose_processor()) return lokitail::agent::kBadArguments;
  return lokitail::agent::run(all.subspan(all.empty() ? 0 : 1));
}
