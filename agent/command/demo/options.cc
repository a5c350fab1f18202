#include "agent/command/demo/options.h"

#include <array>
#include <charconv>
#include <stdexcept>

#include "agent/command/arguments.h"

namespace lokitail::agent::demo {
namespace {

constexpr int kMostRate = 1'000'000;
constexpr int kMostSeconds = 86'400;
constexpr int kMostPort = 65'535;

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
  --trace             requests through services that are processes of their own and hand their trace on: then
                      all that was logged about each of them, in order, as Loki has it
  --docker            show this machine's containers instead, until Ctrl-C or for --seconds
  --docker-root DIR   the same, with the containers' folder (/var/lib/docker/containers)
  --service NAME      be one of the services of --trace, alone: guild-coordinator, executor-node,
                      payment-manager, edge-node-1 or p2p-node; with --listen PORT, and --next URL
                      for whom it asks

Plain lines instead of a screen: where the output is no terminal, or with NO_COLOR or TERM=dumb.
Exit status: 0, or 1 if anything was lost.
)";

Options parse_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 10> kFlags = {
      "docker", "docker-root", "help", "keep", "listen", "next", "rate", "seconds", "service", "trace"};
  Options options;
  bool seconds_given = false;
  for (Arguments arguments(all); arguments.next();) {
    const std::string_view flag = arguments.flag();
    if (flag == "seconds") {
      options.seconds = parse_number(flag, arguments.value(), kMostSeconds);
      seconds_given = true;
    } else if (flag == "rate") {
      options.rate = parse_number(flag, arguments.value(), kMostRate);
    } else if (flag == "keep") {
      options.keep = arguments.value();
    } else if (flag == "trace") {
      options.trace = arguments.switched_on();
    } else if (flag == "service") {
      options.service = arguments.value();
    } else if (flag == "listen") {
      options.listen = static_cast<std::uint16_t>(parse_number(flag, arguments.value(), kMostPort));
    } else if (flag == "next") {
      options.next = arguments.value();
    } else if (flag == "docker") {
      options.docker = arguments.switched_on();
    } else if (flag == "docker-root") {
      options.docker = true;
      options.docker_root = arguments.value();
    } else if (arguments.is_help()) {
      options.help = true;
    } else {
      arguments.refuse(kFlags);
    }
  }
  if (options.docker && !seconds_given) options.seconds = 0;
  if (options.service.empty() != (options.listen == 0)) {
    throw std::invalid_argument("--service and --listen go together");
  }
  if (options.trace && options.docker) {
    throw std::invalid_argument("--trace has services of its own, not --docker's");
  }
  return options;
}

}  // namespace lokitail::agent::demo
