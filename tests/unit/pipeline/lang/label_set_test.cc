#include "pipeline/lang/label_set.h"

#include <catch2/catch.hpp>

namespace lokitail::pipeline::lang {
namespace {

// "a=b c=d", or what is wrong.
std::string read(std::string_view text) {
  Arena arena;
  LabelPairs labels;
  const std::string problem = read_label_set(text, arena, labels);
  if (!problem.empty()) return problem;
  std::string all;
  for (const auto& [name, value] : labels) {
    if (!all.empty()) all += ' ';
    all.append(name).append("=").append(value);
  }
  return all;
}

TEST_CASE("label sets as senders write them", "[label_set]") {
  CHECK(read(R"({a="b", c="d"})") == "a=b c=d");
  CHECK(read(R"({a="b",c="d",})") == "a=b c=d");
  CHECK(read(" { a = \"b\" ,\n\tc=\"d\" } ") == "a=b c=d");
  CHECK(read("{}") == "");
  CHECK(read(R"(up{a="b"})") == "__name__=up a=b");
  CHECK(read("up") == "__name__=up");
  CHECK(read(R"({"with.dot"="b"})") == "with.dot=b");
}

TEST_CASE("values in each kind of quotes", "[label_set]") {
  CHECK(read(R"({a="say \"hi\"\n\x41\u00e4"})") == "a=say \"hi\"\nA\u00e4");
  CHECK(read(R"({a='it\'s "so"'})") == "a=it's \"so\"");
  CHECK(read(R"({a=`raw \n "x"`})") == R"(a=raw \n "x")");
  CHECK(read("{a=\"\xff\"}") == "a=\xff");
  CHECK(read(R"({a="ends with \\"})") == R"(a=ends with \)");
}

TEST_CASE("what is no label set is told with its place", "[label_set]") {
  CHECK(read("") == "parse error at char 1: expected {");
  CHECK(read(R"({a="b")") == R"(parse error at char 7: expected "," or "}")");
  CHECK(read(R"({a="b"} x)") == "parse error at char 9: expected nothing more");
  CHECK(read(R"({a=b})") == "parse error at char 4: expected a value in quotes");
  CHECK(read(R"({a="b})") == "parse error at char 4: expected a value in quotes");
  CHECK(read(R"({a="\q"})") == "parse error at char 4: expected a value in quotes");
  CHECK(read(R"({1a="b"})") == "parse error at char 4: expected a label name");
  CHECK(read(R"({,})") == "parse error at char 2: expected a label name");
  CHECK(read(R"({a "b"})") == "parse error at char 4: expected =");
}

}  // namespace
}  // namespace lokitail::pipeline::lang
