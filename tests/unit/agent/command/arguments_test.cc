#include "agent/command/arguments.h"

#include <catch2/catch.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace lokitail::agent {
namespace {

// flag=value for `f`, flag for the switch `s`, and operands in brackets.
std::vector<std::string> read(const std::vector<const char*>& all) {
  constexpr std::array<std::string_view, 2> kKnown = {"f", "switch"};
  std::vector<std::string> found;
  for (Arguments arguments(all); arguments.next();) {
    if (arguments.flag().empty()) {
      found.push_back("[" + std::string(arguments.text()) + "]");
    } else if (arguments.flag() == "f") {
      found.push_back("f=" + std::string(arguments.value()));
    } else if (arguments.flag() == "switch") {
      found.push_back(arguments.switched_on() ? "on" : "off");
    } else if (arguments.is_help()) {
      found.push_back("help");
    } else {
      arguments.refuse(kKnown);
    }
  }
  return found;
}

using Found = std::vector<std::string>;

TEST_CASE("arguments of a subcommand are written in Go's ways") {
  CHECK(read({}).empty());
  CHECK(read({"-f", "a", "--f=b", "-f="}) == Found{"f=a", "f=b", "f="});
  CHECK(read({"--f", "-switch", "-f=a=b"}) == Found{"f=-switch", "f=a=b"});
  CHECK(read({"-switch", "--switch=false", "-switch=1"}) == Found{"on", "off", "on"});
  CHECK(read({"a", "-", "", "--", "-f", "--"}) == Found{"[a]", "[-]", "[]", "[-f]", "[--]"});
  CHECK(read({"-h", "--help"}) == Found{"help", "help"});
}

TEST_CASE("arguments that are wrong") {
  const struct {
    std::vector<const char*> all;
    const char* why;
  } rows[] = {
      {{"-f"}, "--f: value missing"},
      {{"--swich"}, "unknown argument '--swich' (did you mean \"switch\"?)"},
      {{"-x=1"}, "unknown argument '-x=1'"},
      {{"-switch=maybe"}, "--switch: expected true or false, not 'maybe'"},
      {{"-=x"}, "bad flag syntax: -=x"},
  };
  for (const auto& row : rows) {
    INFO(row.all.front());
    CHECK_THROWS_WITH(read(row.all), row.why);
    CHECK_THROWS_AS(read(row.all), std::invalid_argument);
  }
}

}  // namespace
}  // namespace lokitail::agent
