#include "agent/command/demo/options.h"

#include <charconv>
#include <stdexcept>

namespace lokitail::agent::demo {
namespace {

constexpr int kMostRate = 1'000'000;
constexpr int kMostSeconds = 86'400;

int parse_number(std::string_view name, std::string_view text, int most) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || last != end || number < 1 || number > most) {
    throw std::invalid_argument("--" + std::string(name) + ": expected a number from 1 to " +
                                std::to_string(most) + ", not '" + std::string(text) + "'");
  }
  return number;
}

}  // namespace

const std::string_view kUsage = R"(usage: lokitail demo [options]

The agent at work without a Loki: invented services write logs, the agent tails them, and a receiver
in this process stands in for Loki and checks that every line arrives once.

  --seconds N         how long the services log (20)
  --rate N            lines a second, of all services together (80)
  --keep DIR          work in DIR, a new or empty folder, and leave everything there to look at
  --docker            show this machine's containers instead, until Ctrl-C or for --seconds
  --docker-root DIR   the same, with the containers' folder (/var/lib/docker/containers)

Plain lines instead of a screen: where the output is no terminal, or with NO_COLOR or TERM=dumb.
Exit status: 0, or 1 if anything was lost.
)";

Options parse_options(std::span<const char* const> arguments) {
  Options options;
  bool seconds_given = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    std::string_view name = argument;
    name.remove_prefix(name.starts_with("--") ? 2 : name.starts_with("-") ? 1 : 0);
    const std::size_t equals = name.find('=');
    const bool joined = equals != std::string_view::npos;
    const std::string_view after = joined ? name.substr(equals + 1) : std::string_view();
    name = name.substr(0, equals);
    const auto value = [&]() -> std::string_view {
      if (joined) return after;
      if (i + 1 == arguments.size()) {
        throw std::invalid_argument("--" + std::string(name) + ": value missing");
      }
      return arguments[++i];
    };
    if (argument.starts_with('-') && name == "seconds") {
      options.seconds = parse_number(name, value(), kMostSeconds);
      seconds_given = true;
    } else if (argument.starts_with('-') && name == "rate") {
      options.rate = parse_number(name, value(), kMostRate);
    } else if (argument.starts_with('-') && name == "keep") {
      options.keep = value();
    } else if (argument == "--docker" || argument == "-docker") {
      options.docker = true;
    } else if (argument.starts_with('-') && name == "docker-root") {
      options.docker = true;
      options.docker_root = value();
    } else if (argument == "--help" || argument == "-help" || argument == "-h") {
      options.help = true;
    } else {
      throw std::invalid_argument("unknown argument '" + std::string(argument) + "'");
    }
  }
  if (options.docker && !seconds_given) options.seconds = 0;
  return options;
}

}  // namespace lokitail::agent::demo
