#include "pipeline/lang/json_writer.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace lokitail::pipeline::lang {
namespace {

TEST_CASE("a document is written piece by piece") {
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.member("text", "a\"b\n\xff");
  out.member("flag", true);
  out.member("count", std::uint64_t{18446744073709551615u});
  out.member("rate", 0.5);
  out.member("none", std::numeric_limits<double>::quiet_NaN());
  out.members("labels", std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}});
  out.begin("list", '[');
  out.value(-1);
  out.begin('[');
  out.end(']');
  out.literal("{}");
  out.end(']');
  out.end('}');
  CHECK(json == R"({"text":"a\"b\n\ufffd","flag":true,"count":18446744073709551615,"rate":0.5,"none":null,)"
                R"("labels":{"a":"1","b":"2"},"list":[-1,[],{}]})");
}

}  // namespace
}  // namespace lokitail::pipeline::lang
