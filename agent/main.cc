#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "agent/command/check.h"
#include "agent/command/demo.h"
#include "agent/command/explain.h"
#include "agent/command/run.h"
#include "agent/command/test.h"
#include "config/nearest.h"

namespace lokitail::agent {
namespace {

using Arguments = std::span<const char* const>;

int run_help(Arguments arguments);

struct Subcommand {
  std::string_view name;
  int (*run)(Arguments arguments);  // without the program's and the subcommand's names
  std::string_view help;
};

// Without one of these names in front, the arguments are the agent's, as Promtail's are.
constexpr std::array kSubcommands = {
    Subcommand{"check", run_check, "say what is wrong with a configuration, and what is hardly meant"},
    Subcommand{"demo", run_demo, "show the agent at work, without a Loki"},
    Subcommand{"explain", run_explain, "take lines through the stages of a job, step by step"},
    Subcommand{"help", run_help, "say what there is; help COMMAND for one of these"},
    Subcommand{"test", run_test, "run tests of your own pipelines"},
};

constexpr int kBadArguments = 2;

const Subcommand* find_subcommand(std::string_view name) {
  const auto found = std::ranges::find(kSubcommands, name, &Subcommand::name);
  return found == kSubcommands.end() ? nullptr : &*found;
}

int refuse(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Subcommand& subcommand : kSubcommands) names.push_back(subcommand.name);
  fmt::print(stderr, "lokitail: unknown command '{}'{}\nRun lokitail help for what there is\n",
             name, config::did_you_mean(name, names));
  return kBadArguments;
}

int run_help(Arguments arguments) {
  if (!arguments.empty()) {
    const Subcommand* const subcommand = find_subcommand(arguments.front());
    if (subcommand == nullptr) return refuse(arguments.front());
    if (subcommand->run != run_help) {
      const std::array<const char*, 1> help = {"--help"};
      return subcommand->run(help);
    }
  }
  fmt::print(
      "usage: lokitail -config.file=FILE [flags]     run the agent; -help lists the flags\n"
      "       lokitail COMMAND [arguments]\n\n");
  for (const auto& [name, run, help] : kSubcommands) fmt::print("  {:<9} {}\n", name, help);
  return EXIT_SUCCESS;
}

int run(Arguments arguments) {
  const std::string_view first = arguments.empty() ? "" : arguments.front();
  if (first.empty() || first.front() == '-') return run_agent(arguments);
  const Subcommand* const subcommand = find_subcommand(first);
  return subcommand == nullptr ? refuse(first) : subcommand->run(arguments.subspan(1));
}

}  // namespace
}  // namespace lokitail::agent

int main(int argument_count, char** arguments) {
  const std::span<const char* const> all(arguments, static_cast<std::size_t>(argument_count));
  return lokitail::agent::run(all.subspan(all.empty() ? 0 : 1));
}
