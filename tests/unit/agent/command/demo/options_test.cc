#include "agent/command/demo/options.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

namespace lokitail::agent::demo {
namespace {

using Arguments = std::vector<const char*>;

TEST_CASE("the demo's arguments") {
  const struct {
    Arguments arguments;
    int seconds, rate;
    const char* keep;
    bool docker;
  } rows[] = {
      {{}, 20, 80, "", false},
      {{"--seconds", "5", "--rate=7"}, 5, 7, "", false},
      {{"-seconds=5", "--keep", "d"}, 5, 80, "d", false},
      {{"--docker"}, 0, 80, "", true},
      {{"--seconds", "9", "--docker-root", "r"}, 9, 80, "", true},
  };
  for (const auto& row : rows) {
    const Options options = parse_options(row.arguments);
    CHECK(options.seconds == row.seconds);
    CHECK(options.rate == row.rate);
    CHECK(options.keep == row.keep);
    CHECK(options.docker == row.docker);
  }
  CHECK(parse_options(Arguments{"--docker-root=r"}).docker_root == "r");
  CHECK(parse_options(Arguments{"-h"}).help);
}

TEST_CASE("arguments that the demo does not take") {
  for (const Arguments& arguments :
       {Arguments{"--seconds"}, Arguments{"--seconds", "0"}, Arguments{"--rate=-1"},
        Arguments{"--rate", "9999999"}, Arguments{"--seconds=5s"}, Arguments{"--colour"},
        Arguments{"seconds", "5"}}) {
    INFO(arguments.front());
    CHECK_THROWS_AS(parse_options(arguments), std::invalid_argument);
  }
}

}  // namespace
}  // namespace lokitail::agent::demo
