#include "agent/source/received/settled_run.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace lokitail::agent {
namespace {

using Marks = std::vector<std::string>;

// What is passed.
Marks settle(SettledRun<std::string>& run, SettledRun<std::string>::Ticket ticket) {
  Marks passed;
  run.settle(ticket, [&passed](std::string mark) { passed.push_back(std::move(mark)); });
  return passed;
}

TEST_CASE("a mark is passed when all before it is settled", "[received]") {
  SettledRun<std::string> run;
  const auto a = run.add("a");
  const auto b = run.add("b");
  const auto c = run.add("c");
  CHECK(settle(run, b).empty());
  CHECK(settle(run, a) == Marks{"a", "b"});
  const auto d = run.add("d");
  CHECK(settle(run, d).empty());
  CHECK_FALSE(run.all_settled());
  CHECK(settle(run, c) == Marks{"c", "d"});
  CHECK(run.all_settled());
  CHECK(settle(run, run.add("e")) == Marks{"e"});
}

}  // namespace
}  // namespace lokitail::agent
