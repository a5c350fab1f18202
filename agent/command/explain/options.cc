#include "agent/command/explain/options.h"

#include <unistd.h>

#include <array>
#include <stdexcept>

#include "agent/command/arguments.h"
#include "agent/terminal.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent::explain {
namespace {

[[noreturn]] void refuse_value(std::string_view flag, std::string_view value, std::string_view expected) {
  throw std::invalid_argument("--" + std::string(flag) + ": expected " + std::string(expected) + ", not '" +
                              std::string(value) + "'");
}

bool parse_format(std::string_view value) {
  if (value != "text" && value != "json") refuse_value("format", value, "text or json");
  return value == "json";
}

pipeline::Timestamp parse_now(std::string_view value) {
  pipeline::Timestamp now;
  if (!pipeline::lang::parse_rfc3339(value, now)) {
    refuse_value("now", value, "a time such as 2025-11-07T12:00:00Z");
  }
  return now;
}

void check(const Options& options) {
  if (options.help) return;
  if (options.config.config_file.empty() == options.stages_file.empty()) {
    throw std::invalid_argument(options.stages_file.empty()
                                    ? "either --config.file or --stages is required"
                                    : "--config.file and --stages exclude each other");
  }
  if (!options.stages_file.empty() && !options.job.empty()) {
    throw std::invalid_argument("--job needs --config.file");
  }
  if (!options.file.empty() && !options.lines.empty()) {
    throw std::invalid_argument("--line and --file exclude each other");
  }
}

}  // namespace

const std::string_view kUsage = R"(usage: lokitail explain -config.file=FILE [options]
       lokitail explain --stages FILE [options]

Takes lines through the stages of a job, and shows what each stage does to them.

  -config.file FILE    the configuration, Promtail's or lokitail's
  -config.expand-env   put environment variables into it
  --job NAME           whose stages; needed where there are several jobs
  --stages FILE        stages alone: a YAML list, as behind pipeline_stages
  --line TEXT          the line; may be repeated
  --file FILE          a line each; without --line and --file, standard input
  --labels a=1,b=2     what an entry begins with; otherwise the labels of the job's first static target
  --now TIME           when the lines are read, in RFC 3339; otherwise now
  --format text|json   json: one document for each entry, on a line (text)
  --color WHEN         auto, always or never (auto)

Exit status: 0; 1 where the configuration or the input cannot be used; 2 for wrong arguments.
)";

Options parse_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 11> kFlags = {
      "color", "config.expand-env", "config.file", "file", "format", "help", "job", "labels", "line", "now",
      "stages"};
  Options options;
  options.colours = shows_colours(STDOUT_FILENO);
  for (Arguments arguments(all); arguments.next();) {
    const std::string_view flag = arguments.flag();
    if (flag == "config.file") {
      options.config.config_file = arguments.value();
    } else if (flag == "config.expand-env") {
      options.config.expand_env = arguments.switched_on();
    } else if (flag == "stages") {
      options.stages_file = arguments.value();
    } else if (flag == "job") {
      options.job = arguments.value();
    } else if (flag == "line") {
      options.lines.emplace_back(arguments.value());
    } else if (flag == "file") {
      options.file = arguments.value();
    } else if (flag == "labels") {
      const std::string value(arguments.value());
      options.labels = value.empty() ? config::LabelMap() : config::parse_labels(flag, value);
    } else if (flag == "now") {
      options.now = parse_now(arguments.value());
    } else if (flag == "format") {
      options.json = parse_format(arguments.value());
    } else if (flag == "color") {
      options.colours = parse_colour_choice(arguments.value(), STDOUT_FILENO);
    } else if (arguments.is_help()) {
      options.help = true;
    } else {
      arguments.refuse(kFlags);
    }
  }
  check(options);
  return options;
}

}  // namespace lokitail::agent::explain
