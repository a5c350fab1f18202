#include "agent/command/test/options.h"

#include <unistd.h>

#include <array>
#include <stdexcept>

#include "agent/command/arguments.h"
#include "agent/terminal.h"

namespace lokitail::agent::testing {

const std::string_view kUsage = R"(usage: lokitail test FILE... [options]

Runs the tests of pipelines in these files.

  -config.file FILE    the configuration, instead of the one that a file names
  -config.expand-env   put environment variables into configurations
  --filter REGEX       only tests whose name matches
  --list               say which tests there are, and run none
  --explain            show the way of the entries through the stages for each test that fails
  --junit FILE         write the results there, as JUnit's XML
  --color WHEN         auto, always or never (auto)

Exit status: 0 if all tests passed; 1 if some failed; 2 for what could not be run: errors in a file,
wrong arguments, no test.
)";

Options parse_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 8> kFlags = {
      "color", "config.expand-env", "config.file", "explain", "filter", "help", "junit", "list"};
  Options options;
  options.colours = shows_colours(STDOUT_FILENO);
  for (Arguments arguments(all); arguments.next();) {
    const std::string_view flag = arguments.flag();
    if (flag.empty()) {
      options.files.emplace_back(arguments.text());
    } else if (flag == "config.file") {
      options.config.config_file = arguments.value();
    } else if (flag == "config.expand-env") {
      options.config.expand_env = arguments.switched_on();
    } else if (flag == "filter") {
      options.filter = arguments.value();
    } else if (flag == "list") {
      options.list = arguments.switched_on();
    } else if (flag == "explain") {
      options.explain = arguments.switched_on();
    } else if (flag == "junit") {
      options.junit_file = arguments.value();
    } else if (flag == "color") {
      options.colours = parse_colour_choice(arguments.value(), STDOUT_FILENO);
    } else if (arguments.is_help()) {
      options.help = true;
    } else {
      arguments.refuse(kFlags);
    }
  }
  if (options.files.empty() && !options.help) {
    throw std::invalid_argument("no files with tests given");
  }
  return options;
}

}  // namespace lokitail::agent::testing
