#include "agent/command/demo/services.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include <simdjson.h>
#include <unistd.h>

#include "agent/command/demo/container_log.h"

namespace lokitail::agent::demo {
namespace {

using namespace std::chrono_literals;

const Time kStart = Time(1'762'511'415s);

std::string field(const std::string& line, const char* name) {
  simdjson::dom::parser parser;
  return std::string(std::string_view(parser.parse(line)[name]));
}

TEST_CASE("tasks pass through the services, each under one trace") {
  Guild guild(90, kStart);
  std::vector<ServiceLine> lines;
  guild.advance(kStart + 60s, lines);
  guild.close();
  CHECK_FALSE(guild.idle());
  guild.advance(kStart + 120s, lines);
  CHECK(guild.idle());

  // The rate is that of all services together: 5400, give or take what chance does.
  CHECK(lines.size() > 4860);
  CHECK(lines.size() < 5940);
  std::set<std::string> texts;
  std::map<std::string, std::set<std::string>> services_of_trace;
  Time last = kStart;
  for (const ServiceLine& line : lines) {
    CHECK(line.time >= last);
    last = line.time;
    CHECK(texts.insert(line.text).second);
    CHECK(line.text.back() == '\n');
    CHECK(field(line.text, "service") == kServices[line.service]);
    const std::string level = field(line.text, "level");
    CHECK(line.to_stderr == (level == "warn" || level == "error"));
    services_of_trace[field(line.text, "trace_id")].insert(field(line.text, "service"));
  }
  std::size_t through_all = 0;
  for (const auto& [trace, services] : services_of_trace) {
    CHECK(trace.size() == 32);
    CHECK(services.size() >= 3);
    if (services.size() == kServices.size()) ++through_all;
  }
  CHECK(through_all > services_of_trace.size() / 2);
}

TEST_CASE("a task is told from its creation to its payment by one trace, in order") {
  Guild guild(9, kStart);
  std::vector<ServiceLine> lines;
  guild.advance(kStart + 60s, lines);
  std::map<std::string, std::vector<std::string>> stories;
  std::set<std::string> spans;
  for (const ServiceLine& line : lines) {
    stories[field(line.text, "trace_id")].push_back(field(line.text, "service") + ": " +
                                                    field(line.text, "message"));
    CHECK(spans.insert(field(line.text, "span_id")).second);
    CHECK(field(line.text, "timestamp").size() == std::string("2025-11-07T10:30:15.123Z").size());
  }
  const std::vector<std::string> wanted = {"guild-coordinator: creating task", "executor-node: received task",
                                           "executor-node: wasm execution completed",
                                           "payment-manager: payment sent"};
  std::size_t told = 0;
  for (const auto& [trace, story] : stories) {
    auto next = wanted.begin();
    for (const std::string& line : story) {
      if (next != wanted.end() && line == *next) ++next;
    }
    if (next == wanted.end()) ++told;
  }
  CHECK(told > stories.size() / 2);
}

TEST_CASE("a container's log is Docker's json-file, also after a rotation") {
  std::string root = (std::filesystem::temp_directory_path() / "container-log-XXXXXX").string();
  REQUIRE(mkdtemp(root.data()));
  const ServiceLine out{0, kStart + 123456789ns, false, "{\"a\":\"\\\\\"}\n"};
  const ServiceLine err{0, kStart + 5s, true, "plain\n"};
  ContainerLog log(root, "orders");
  log.append(out);
  log.rotate();
  log.append(err);
  log.flush();

  const auto folder = std::filesystem::directory_iterator(root)->path();
  const auto content = [&folder](const std::string& suffix) {
    std::ifstream file(folder / (folder.filename().string() + suffix));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  CHECK(folder.filename().string().size() == 64);
  const std::string first = content("-json.log.1");
  CHECK(field(first, "log") == out.text);
  CHECK(field(first, "stream") == "stdout");
  CHECK(field(first, "time") == "2025-11-07T10:30:15.123456789Z");
  const std::string second = content("-json.log");
  CHECK(second ==
        "{\"log\":\"plain\\n\",\"stream\":\"stderr\",\"time\":\"2025-11-07T10:30:20.000000000Z\"}\n");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace lokitail::agent::demo
