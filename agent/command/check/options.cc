#include "agent/command/check/options.h"

#include <optional>
#include <stdexcept>
#include <vector>

#include "agent/lint/lint.h"
#include "config/nearest.h"

namespace lokitail::agent::check {

const std::string_view kUsage = R"(usage: lokitail check FILE [options] [flags of the agent]

Says what is wrong with a configuration, and what is hardly meant, without running it.

  --sample LOGFILE   run these lines through the stages, and say what each stage found
  --job NAME         the job whose lines they are; otherwise the one whose paths match LOGFILE
  --format FORMAT    text (default) or json
  --strict           warnings count as errors
  --ignore ID        say nothing of this lint; several with commas, or --ignore again
  --no-filesystem    the configuration is for another machine: look at no files of this one
  --list             show all lints and end

A comment `# lokitail:ignore ID` in FILE does the same for its line, or for the line below it.
Flags of the agent are taken into account as the agent would: -config.expand-env, -client.url=..., ...
Exit status: 0 if nothing is wrong, 1 for errors (with --strict for warnings too), 2 for wrong arguments.
)";

namespace {

using Arguments = std::span<const char* const>;

// `--name value`, `--name=value`, with one dash or two.
class Reader {
 public:
  explicit Reader(Arguments arguments) : arguments_(arguments) {}

  bool at_end() const { return at_ == arguments_.size(); }
  const char* next() { return arguments_[at_++]; }

  // Whether the argument at hand has this name; then it is passed.
  bool take_flag(std::string_view name) {
    const bool found = name_of(arguments_[at_]) == name;
    if (found) ++at_;
    return found;
  }
  // The same for one with a value.
  std::optional<std::string> take_value(std::string_view name) {
    const std::string_view argument = arguments_[at_];
    const std::string_view whole = name_of(argument);
    const std::size_t equals = whole.find('=');
    if (whole.substr(0, equals) != name) return std::nullopt;
    ++at_;
    if (equals != std::string_view::npos) return std::string(whole.substr(equals + 1));
    if (at_end()) throw std::invalid_argument("--" + std::string(name) + ": value missing");
    return next();
  }

 private:
  static std::string_view name_of(std::string_view argument) {
    if (!argument.starts_with('-')) return {};
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    return argument;
  }

  const Arguments arguments_;
  std::size_t at_ = 0;
};

Format parse_format(const std::string& text) {
  if (text == "text") return Format::kText;
  if (text == "json") return Format::kJson;
  throw std::invalid_argument("--format: expected text or json, not '" + text + "'");
}

void add_ignored(const std::string& list, std::set<std::string>& ignored) {
  std::vector<std::string_view> ids;
  for (const lint::Lint& lint : lint::all_lints()) ids.push_back(lint.id);
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    const std::string id = list.substr(from, comma - from);
    if (lint::find_lint(id) == nullptr) {
      throw std::invalid_argument("--ignore: there is no lint '" + id + "'" + config::did_you_mean(id, ids));
    }
    ignored.insert(id);
    from = comma + 1;
  }
}

// True where it was one of ours.
bool read_own(Reader& reader, Options& options) {
  if (const auto sample = reader.take_value("sample")) {
    options.sample = *sample;
  } else if (const auto job = reader.take_value("job")) {
    options.job = *job;
  } else if (const auto format = reader.take_value("format")) {
    options.format = parse_format(*format);
  } else if (const auto ids = reader.take_value("ignore")) {
    add_ignored(*ids, options.ignored);
  } else if (reader.take_flag("strict")) {
    options.strict = true;
  } else if (reader.take_flag("no-filesystem")) {
    options.looks_at_files = false;
  } else if (reader.take_flag("list")) {
    options.list = true;
  } else if (reader.take_flag("help") || reader.take_flag("h")) {
    options.help = true;
  } else {
    return false;
  }
  return true;
}

void choose_file(config::Options& agent) {
  if (agent.arguments.size() > 1) {
    throw std::invalid_argument("one file at a time, not also '" + agent.arguments[1] + "'");
  }
  if (!agent.arguments.empty() && !agent.config_file.empty()) {
    throw std::invalid_argument("a file or -config.file, not both");
  }
  if (!agent.arguments.empty()) agent.config_file = agent.arguments.front();
  if (agent.config_file.empty()) throw std::invalid_argument("which file?");
}

}  // namespace

Options parse_options(Arguments arguments) {
  Options options;
  std::vector<const char*> rest;
  Reader reader(arguments);
  while (!reader.at_end()) {
    if (!read_own(reader, options)) rest.push_back(reader.next());
  }
  if (options.help || options.list) return options;
  options.agent = config::parse_flags(rest);
  choose_file(options.agent);
  if (!options.job.empty() && options.sample.empty()) {
    throw std::invalid_argument("--job: only together with --sample");
  }
  return options;
}

}  // namespace lokitail::agent::check
