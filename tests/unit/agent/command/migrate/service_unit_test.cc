#include "agent/command/migrate/service_unit.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::migrate {
namespace {

using Words = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

ServiceUnit unit_of(std::initializer_list<std::string_view> files) {
  ServiceUnit unit;
  for (const std::string_view file : files) read_unit(file, unit);
  return unit;
}

Words words_of(const std::string& command) {
  return unit_of({"[Service]\nExecStart=" + command + "\n"}).command;
}

TEST_CASE("a unit's command is split as systemd splits it") {
  CHECK(words_of("/usr/bin/promtail -config.file /etc/p.yml") ==
        Words{"/usr/bin/promtail", "-config.file", "/etc/p.yml"});
  CHECK(words_of("-/usr/bin/promtail") == Words{"/usr/bin/promtail"});
  CHECK(words_of("p \"a b\" 'c \"d\"' e\" f\" \"\"") == Words{"p", "a b", "c \"d\"", "e f", ""});
  CHECK(words_of(R"(p a\ b "c\"d" e\sf \)") == Words{"p", "a b", "c\"d", "e f"});
  CHECK(words_of("p \\\n# between\n  -a \\\n; too\n  -b") == Words{"p", "-a", "-b"});
  CHECK(words_of("p 'not closed") == Words{"p", "not closed"});
  CHECK(words_of("").empty());
}

TEST_CASE("later files of a unit change what earlier ones said") {
  const std::string_view own =
      "[Unit]\nExecStart=/not/this\n[Service]\n# ExecStart=/nor/this\nExecStart=/usr/bin/promtail "
      "-a\n"
      "Environment=A=1 \"B=2 "
      "3\"\nEnvironmentFile=-/etc/default/promtail\n[Install]\nExecStart=/nor/that\n";
  CHECK(unit_of({own}).command == Words{"/usr/bin/promtail", "-a"});
  CHECK(unit_of({own}).environment == Pairs{{"A", "1"}, {"B", "2 3"}});
  CHECK(unit_of({own}).environment_files == Words{"-/etc/default/promtail"});
  const ServiceUnit changed =
      unit_of({own, "[Service]\r\nExecStart =\r\nExecStart = /opt/promtail\r\nEnvironment=C=4"});
  CHECK(changed.command == Words{"/opt/promtail"});
  CHECK(changed.environment == Pairs{{"A", "1"}, {"B", "2 3"}, {"C", "4"}});
  const ServiceUnit emptied = unit_of({own, "[Service]\nEnvironment=\nEnvironmentFile=\n"});
  CHECK(emptied.environment.empty());
  CHECK(emptied.environment_files.empty());
}

TEST_CASE("files of environment variables") {
  CHECK(read_environment_file("# no\nA=1\nB=\"2 3\"\nC='4'\n; no\nnothing\n=x\nD=\nE=\"") ==
        Pairs{{"A", "1"}, {"B", "2 3"}, {"C", "4"}, {"D", ""}, {"E", "\""}});
}

TEST_CASE("variables in a command") {
  const auto lookup = [](std::string_view name) -> std::optional<std::string> {
    return name == "ARGS" ? std::optional<std::string>("-a '-b c'") : std::nullopt;
  };
  CHECK(expand_words({"p", "$ARGS", "x${ARGS}y", "$NONE", "${NONE}", "$$ARGS", "a$b", "${", "$"}, lookup) ==
        Words{"p", "-a", "-b c", "x-a '-b c'y", "", "$ARGS", "a$b", "${", "$"});
}

TEST_CASE("a quoted word is read as what it was") {
  for (const std::string word :
       {"plain-1.2,/x:=@+", "", "a b", "q\"'\\", "n\nl", "-client.external-labels=a=\"b\""}) {
    INFO(word);
    CHECK(words_of("p " + quoted_word(word)) == Words{"p", word});
  }
}

// systemd.exec(5): in Environment= the $ has no special meaning. Specifiers mean for the new service what they did for
// the old one.
TEST_CASE("what systemd puts in for a word") {
  CHECK(quoted_word("HOST=%H $A 100%%") == "\"HOST=%H $A 100%%\"");
  CHECK(quoted_argument("$A %H") == "\"$$A %H\"");
  CHECK(quoted_argument("-client.external-labels=host=%H") == "\"-client.external-labels=host=%H\"");
  CHECK(without_specifiers("100%H") == "100%%H");
}

}  // namespace
}  // namespace lokitail::agent::migrate
