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

TEST_CASE("orders pass through the services, each under one trace") {
  Bakery bakery(90, kStart);
  std::vector<ServiceLine> lines;
  bakery.advance(kStart + 60s, lines);
  bakery.close();
  CHECK_FALSE(bakery.idle());
  bakery.advance(kStart + 120s, lines);
  CHECK(bakery.idle());

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
  CHECK(
      second ==
      "{\"log\":\"plain\\n\",\"stream\":\"stderr\",\"time\":\"2025-11-07T10:30:20.000000000Z\"}\n");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace lokitail::agent::demo
