#include "agent/command/explain/options.h"

#include <catch2/catch.hpp>

#include <vector>

namespace lokitail::agent::explain {
namespace {

Options parse(const std::vector<const char*>& all) { return parse_options(all); }

TEST_CASE("the arguments of explain") {
  const Options options =
      parse({"-config.file=c.yaml", "-config.expand-env", "-job", "app", "--line", "a", "--line=b",
             "--labels", "a=1,b=2", "--now", "2025-11-07T12:00:00Z", "--format=json", "--color=always"});
  CHECK(options.config.config_file == "c.yaml");
  CHECK(options.config.expand_env);
  CHECK(options.job == "app");
  CHECK(options.lines == std::vector<std::string>{"a", "b"});
  CHECK(options.labels == config::LabelMap{{"a", "1"}, {"b", "2"}});
  CHECK(options.now == pipeline::Timestamp{1'762'516'800, 0});
  CHECK(options.json);
  CHECK(options.colours);
  CHECK(parse({"--stages=s", "--labels="}).labels == config::LabelMap{});
  CHECK_FALSE(parse({"--stages=s", "--file=f"}).labels);
  CHECK(parse({"--help"}).help);
}

TEST_CASE("arguments that explain does not take") {
  const struct {
    std::vector<const char*> all;
    const char* why;
  } rows[] = {
      {{}, "either --config.file or --stages is required"},
      {{"--config.file=c", "--stages=s"}, "--config.file and --stages exclude each other"},
      {{"--stages=s", "--job=j"}, "--job needs --config.file"},
      {{"--stages=s", "--line=l", "--file=f"}, "--line and --file exclude each other"},
      {{"--stages=s", "--format=xml"}, "--format: expected text or json, not 'xml'"},
      {{"--stages=s", "--color=yes"}, "--color: expected auto, always or never, not 'yes'"},
      {{"--stages=s", "--now=noon"}, "--now: expected a time such as 2025-11-07T12:00:00Z, not 'noon'"},
      {{"--stages=s", "--labels=a"},
       "invalid value \"a\" for flag -labels: a must be formatted as key=value"},
      {{"--stage=s"}, "unknown argument '--stage=s' (did you mean \"stages\"?)"},
      {{"c.yaml"}, "unknown argument 'c.yaml'"},
  };
  for (const auto& row : rows) CHECK_THROWS_WITH(parse(row.all), row.why);
}

}  // namespace
}  // namespace lokitail::agent::explain
