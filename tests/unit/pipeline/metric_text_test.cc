#include "pipeline/metric_text.h"

#include <catch2/catch.hpp>

namespace lokitail::pipeline {
namespace {

TEST_CASE("names of metrics", "[metrics]") {
  const struct {
    const char* name;
    const char* want;
  } rows[] = {
      {"abc_X9", "abc_X9"}, {"a:b", "a:b"},    {"a-b.c d", "a_b_c_d"}, {"9a", "_a"},
      {"a9", "a9"},         {"h\u00e4", "h_"}, {"\u20ac", "_"},        {"a\xff\xfe", "a__"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(metric_name(row.name) == row.want);
  }
}

TEST_CASE("labels of metrics", "[metrics]") {
  const auto text = [](std::vector<std::pair<std::string_view, std::string_view>> labels) {
    return metric_labels(labels);
  };
  CHECK(text({}) == "");
  CHECK(text({{"b", "2"}, {"a", "1"}}) == R"(a="1",b="2")");
  CHECK(text({{"a", "C:\\x \"q\"\nnext \u00fc"}}) == "a=\"C:\\\\x \\\"q\\\"\\nnext \u00fc\"");
  CHECK(text({{"my.label", "1"}, {"a:b", "2"}}) == R"(a_b="2",my_label="1")");
  CHECK(text({{"a.b", "1"}, {"a_b", "2"}}) == R"(a_b="1")");
  CHECK(text({{"a", "x\xff\xc3y\n"}}) == "a=\"x\uFFFD\uFFFDy\\n\"");
  CHECK(text({{"a", ""}}) == R"(a="")");
}

}  // namespace
}  // namespace lokitail::pipeline
