#include "agent/command/check.h"

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "agent/command/arguments.h"
#include "agent/command/check/inspection.h"
#include "agent/command/check/options.h"
#include "agent/command/check/print.h"
#include "agent/delivery/entry_printer.h"

namespace lokitail::agent {
namespace {

constexpr int kClean = 0;
constexpr int kFindings = 1;

int exit_status(const check::Inspection& inspection, bool strict) {
  const bool errors = inspection.count(lint::Severity::kError) > 0;
  const bool warnings = inspection.count(lint::Severity::kWarning) > 0;
  return errors || (strict && warnings) ? kFindings : kClean;
}

}  // namespace

int run_check(std::span<const char* const> arguments) {
  try {
    const check::Options options = check::parse_options(arguments);
    if (options.help || options.list) {
      fmt::print("{}", options.help ? std::string(check::kUsage) : check::lint_list());
      return kClean;
    }
    const check::Inspection inspection = check::inspect(options, config::process_env);
    const bool json = options.format == check::Format::kJson;
    fmt::print("{}",
               json ? check::as_json(inspection) : check::as_text(inspection, wants_color(STDOUT_FILENO)));
    return exit_status(inspection, options.strict);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "lokitail check: {}\n{}", problem.what(),
               "`lokitail check --help` shows the arguments\n");
    return kBadArguments;
  }
}

}  // namespace lokitail::agent
