#include "agent/command/demo/tally.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::demo {
namespace {

// A push of one stream.
void push(Tally& tally, const std::vector<std::string>& lines,
          const std::string& labels = "{job=\"docker\"}") {
  DecodedPush content;
  PushStream& stream = content.streams.emplace_back();
  stream.labels = labels;
  std::int64_t second = 0;
  for (const std::string& line : lines) stream.entries.push_back({{++second, 0}, line, {}});
  const PushHead head;
  const PushResult sound;
  tally.take({head, "12345", &content, sound, {}, {}});
}

TEST_CASE("nothing is lost only when every line has arrived as it was") {
  Tally tally(true);
  tally.add_group("orders");
  tally.add_group("delivery");
  tally.wrote(0, "a\n");
  tally.wrote(1, "b\n");
  tally.wrote(1, "c\n");
  CHECK(tally.lost() == 3);
  push(tally, {"a\n", "c\n"});
  CHECK(tally.lost() == 1);
  CHECK_FALSE(tally.complete());
  push(tally, {"a\n", "b"}, "{job=\"other\"}");
  CHECK(tally.lost() == 1);
  CHECK(tally.duplicates() == 1);
  CHECK(tally.unknown() == 1);
  push(tally, {"b\n"});
  CHECK(tally.complete());
  CHECK(tally.lost() == 0);
  CHECK(tally.streams() == 2);
  CHECK(tally.pushes() == 3);
  CHECK(tally.body_bytes() == 15);
  CHECK(tally.groups()[0].received == 1);
  CHECK(tally.groups()[1].received == 2);
}

TEST_CASE("the longest trace is the one through most services") {
  const auto line = [](const std::string& trace, const std::string& service) {
    return R"({"level":"info","service":")" + service + R"(","trace_id":")" + trace + R"(","message":"m"})";
  };
  Tally tally(false);
  push(tally, {line("1", "a"), line("1", "a"), line("1", "a"), line("2", "b"), line("2", "a")});
  const std::vector<Shown> trace = tally.longest_trace();
  REQUIRE(trace.size() == 2);
  CHECK(trace[0].trace_id == "2");
  CHECK(trace[0].source == "b");
  CHECK(trace[1].source == "a");
  CHECK(tally.levels().at("info") == 5);
}

TEST_CASE("entries of containers are told apart by their file") {
  Tally tally(false);
  push(tally, {"not JSON", "[1]", "{\"msg\":5}"},
       "{filename=\"/c/0123456789abcdef/0123456789abcdef-json.log\", job=\"docker\"}");
  push(tally, {"x"}, "{job=\"docker\"}");
  REQUIRE(tally.groups().size() == 2);
  CHECK(tally.groups()[0].name == "0123456789ab");
  CHECK(tally.groups()[0].received == 3);
  CHECK(tally.groups()[1].name == "?");
  CHECK(tally.lost() == 0);
  CHECK(tally.latest().front().message == "not JSON");
  CHECK(tally.latest()[2].message == "{\"msg\":5}");
}

}  // namespace
}  // namespace lokitail::agent::demo
