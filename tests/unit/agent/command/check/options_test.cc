#include "agent/command/check/options.h"

#include <catch2/catch.hpp>

#include <vector>

namespace lokitail::agent::check {
namespace {

using Arguments = std::vector<const char*>;

std::string error_of(const Arguments& arguments) {
  try {
    parse_options(arguments);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("check: arguments") {
  const Options plain = parse_options(Arguments{"a.yaml"});
  CHECK(plain.agent.config_file == "a.yaml");
  CHECK(plain.format == Format::kText);
  CHECK(plain.looks_at_files);
  CHECK_FALSE(plain.strict);

  const Options all = parse_options(Arguments{
      "--sample", "x.log", "--job=web", "-format", "json", "--strict", "--ignore", "stage-order,label-name",
      "--ignore=no-labels", "--no-filesystem", "a.yaml", "-config.expand-env", "-client.url", "http://l/"});
  CHECK(all.agent.config_file == "a.yaml");
  CHECK(all.agent.expand_env);
  CHECK(all.agent.overrides.size() == 1);
  CHECK(all.sample == "x.log");
  CHECK(all.job == "web");
  CHECK(all.format == Format::kJson);
  CHECK(all.strict);
  CHECK_FALSE(all.looks_at_files);
  CHECK(all.ignored == std::set<std::string>{"label-name", "no-labels", "stage-order"});

  CHECK(parse_options(Arguments{"-config.file=b.yaml"}).agent.config_file == "b.yaml");
  CHECK(parse_options(Arguments{"--list"}).list);
  CHECK(parse_options(Arguments{"-h"}).help);
}

TEST_CASE("check: wrong arguments") {
  const std::pair<Arguments, const char*> rows[] = {
      {{}, "which file?"},
      {{"a.yaml", "b.yaml"}, "one file at a time, not also 'b.yaml'"},
      {{"a.yaml", "-config.file=b.yaml"}, "a file or -config.file, not both"},
      {{"a.yaml", "--format=xml"}, "--format: expected text or json, not 'xml'"},
      {{"a.yaml", "--sample"}, "--sample: value missing"},
      {{"a.yaml", "--job=x"}, "--job: only together with --sample"},
      {{"a.yaml", "--ignore=stage-ordr"},
       "--ignore: there is no lint 'stage-ordr' (did you mean \"stage-order\"?)"},
      {{"a.yaml", "--strct"}, "flag provided but not defined: -strct"},
  };
  for (const auto& [arguments, want] : rows) {
    INFO(want);
    CHECK(error_of(arguments) == want);
  }
}

}  // namespace
}  // namespace lokitail::agent::check
