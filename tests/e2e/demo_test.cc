// The demo's worked example: requests through services that are processes.
#include <catch2/catch.hpp>

#include <algorithm>
#include <regex>
#include <set>

#include "tests/support/scene.h"

namespace lokitail::test {
namespace {

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
    found.push_back((*at)[1].str());
  return found;
}

}  // namespace

TEST_CASE("demo --trace: each request is one trace through three processes, all of it in order") {
  const TempDir directory;
  const std::string folder = (directory / "demo").string();
  const Finished demo = run({agent_binary(), "demo", "--trace", "--keep", folder});
  INFO(demo.out << demo.err);
  REQUIRE(demo.exit_code == 0);
  const auto traces = matches(demo.out, R"re(\{job="docker"\} \| json \| trace_id="([0-9a-f]{32})")re");
  CHECK(std::set<std::string>(traces.begin(), traces.end()).size() == 3);
  const std::vector<std::string> story = {"creating task", "received task", "wasm execution completed"};
  std::vector<std::string> all;
  for (const char* const end : {"payment sent", "payment failed", "payment sent"}) {
    all.insert(all.end(), story.begin(), story.end());
    all.push_back(end);
  }
  CHECK(matches(demo.out,
                "(creating task|received task|wasm execution completed|payment sent|payment failed)") == all);

  // What the services printed: each line has a span of its own, and they are processes of their own.
  std::set<std::string> spans, services;
  std::size_t lines = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder + "/containers")) {
    if (!file.is_regular_file()) continue;
    const std::string text = read_file(file.path());
    for (const std::string& span : matches(text, R"re(\\"span_id\\":\\"([0-9a-f]{16})\\")re"))
      spans.insert(span);
    for (const std::string& name : matches(text, R"re(\\"service\\":\\"([a-z0-9-]+)\\")re"))
      services.insert(name);
    lines += static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }
  CHECK(lines == 15);
  CHECK(spans.size() == lines);
  CHECK(services == std::set<std::string>{"edge-node-1", "executor-node", "guild-coordinator", "p2p-node",
                                          "payment-manager"});
}

TEST_CASE("demo: through an outage and a rotation every line arrives once") {
  const Finished demo = run({agent_binary(), "demo", "--seconds", "4", "--rate", "200"});
  INFO(demo.out << demo.err);
  REQUIRE(demo.exit_code == 0);
  CHECK(matches(demo.out, R"re(Loki was down +([0-9.]+) s; all had arrived)re").size() == 1);
  const auto written = matches(demo.out, R"re(lines written +([0-9,]+))re");
  REQUIRE(written.size() == 1);
  CHECK(written[0].size() >= 3);
  CHECK(matches(demo.out, R"re(entries received +([0-9,]+) in )re") == written);
  CHECK(matches(demo.out, R"re(lost +([0-9,]+)\n)re") == std::vector<std::string>{"0"});
  CHECK(matches(demo.out, R"re(followed by (trace_id)=)re").size() == 1);
}

TEST_CASE("demo: what cannot be is refused") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--service", "executor-node"}, {"--listen", "1"}, {"--trace", "--docker"}}) {
    INFO(arguments.front());
    std::vector<std::string> all = {agent_binary(), "demo"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    CHECK(run(all).exit_code == 2);
  }
  const Finished unknown = run({agent_binary(), "demo", "--service", "baker", "--listen", "1"});
  CHECK(unknown.exit_code == 1);
  CHECK(unknown.err.find("there is no service baker") != std::string::npos);
}

}  // namespace lokitail::test
