// What the user gives the agent: flags, configuration, a positions file of Promtail's or a broken
// one.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

// Runs the agent to its end.
Finished agent(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), agent_binary());
  return run(arguments);
}

const char* const kGood =
    "server: {http_listen_port: 0, grpc_listen_port: 0}\n"
    "positions: {filename: /tmp/does-not-matter.yaml}\n"
    "clients:\n"
    "- url: http://127.0.0.1:1/loki/api/v1/push\n"
    "scrape_configs:\n"
    "- job_name: app\n"
    "  static_configs:\n"
    "  - labels: {job: app, __path__: /nowhere/*.log}\n";

}  // namespace

TEST_CASE("the flag -version") {
  const Finished finished = agent({"-version"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out.find("lokitail, version ") == 0);
}

TEST_CASE("the flag -help") {
  const Finished finished = agent({"-help"});
  CHECK((finished.out + finished.err).find("config.file") != std::string::npos);
}

TEST_CASE("an unknown flag ends with 2") {
  const Finished finished = agent({"-no.such.flag=1"});
  CHECK(finished.exit_code == 2);
  CHECK((finished.out + finished.err).find("no.such.flag") != std::string::npos);
}

TEST_CASE("no configuration, or one that does not exist, ends with 1") {
  TempDir directory;
  const std::string missing = directory / "missing.yaml";
  const Finished finished = agent({"-config.file=" + missing});
  CHECK(finished.exit_code == 1);
  CHECK((finished.out + finished.err).find(missing) != std::string::npos);
}

TEST_CASE("a wrong configuration ends with 1 and says where: file, line, column") {
  const auto [what, text, place, hint] = GENERATE(table<const char*, std::string, const char*, const char*>({
      {"unknown key", std::string(kGood) + "  pipeline_stage: []\n", ":9:3", "pipeline_stages"},
      {"unknown block", std::string(kGood) + "scrape_config: []\n", ":9:1", "scrape_configs"},
      {"wrong type", std::string(kGood) + "limits_config: {max_line_size: big}\n", ":9:32", "big"},
      {"not YAML", "server: {http_listen_port: 0\nclients: [\n", ":", ""},
      {"bad stage", std::string(kGood) + "  pipeline_stages:\n  - regex: {expression: '('}\n", ":10:25", ""},
      {"unknown stage", std::string(kGood) + "  pipeline_stages:\n  - jsn: {}\n", ":10:5", "json"},
  }));
  INFO(what);
  TempDir directory;
  const std::string file = directory / "config.yaml";
  write_file(file, text);
  for (const std::string mode : {"-check-syntax", "-log.level=info"}) {
    const Finished finished = agent({"-config.file=" + file, mode});
    INFO(mode << "\n" << finished.out << finished.err);
    CHECK(finished.exit_code == 1);
    CHECK((finished.out + finished.err).find(file + place) != std::string::npos);
    CHECK((finished.out + finished.err).find(hint) != std::string::npos);
  }
}

TEST_CASE("the flag -check-syntax on a good file") {
  TempDir directory;
  write_file(directory / "config.yaml", kGood);
  const Finished finished = agent({"-config.file=" + (directory / "config.yaml").string(), "-check-syntax"});
  CHECK(finished.exit_code == 0);
  CHECK((finished.out + finished.err).find("Valid config file! No syntax issues found") != std::string::npos);
}

TEST_CASE("a port that is in use refuses the start") {
  Scene scene;
  TempDir directory;
  const std::string file = directory / "config.yaml";
  write_file(file, fmt::format("server: {{http_listen_address: 127.0.0.1, http_listen_port: {}, "
                               "grpc_listen_port: 0}}\n"
                               "positions: {{filename: '{}'}}\n"
                               "clients: [{{url: 'http://127.0.0.1:1/'}}]\n",
                               scene.loki.port(), (directory / "positions.yaml").string()));
  const Finished finished = agent({"-config.file=" + file});
  CHECK(finished.exit_code == 1);
  CHECK((finished.out + finished.err).find("ddress already in use") != std::string::npos);
}

TEST_CASE("environment variables in the configuration") {
  Scene scene;
  scene.agent.arguments = {"-config.expand-env=true"};
  scene.agent.environment["LT_TENANT"] = "team-x";
  scene.agent.clients = {client(scene.loki.url(), "tenant_id: '${LT_TENANT}${LT_NONE:-!}'")};
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored().front().tenant == "team-x!");
  scene.agent.stop();
}

TEST_CASE("secrets appear nowhere") {
  const std::string keys =
      GENERATE("basic_auth: {username: user, password: hush-hush}", "bearer_token: hush-hush",
               "authorization: {credentials: hush-hush}", "headers: {X-Token: hush-hush}");
  INFO(keys);
  Scene scene;
  scene.agent.clients = {
      client(scene.loki.url(), keys),
      client(fmt::format("http://user:hush-hush@{}/loki/api/v1/push", scene.loki.host()), "name: second")};
  scene.agent.server_keys = "log_level: debug";
  scene.agent.arguments = {"-print-config-stderr", "-log-config-reverse-order"};
  scene.loki.answer([](const Request& request) {
    return request.headers.count("authorization") != 0 ? Reply::refuse(401, "who are you?")
                                                       : Reply::refuse(500, "sorry");
  });
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.loki.request_count() >= 4; }));
  for (const char* page : {"/config", "/metrics", "/targets", "/service-discovery", "/readyz", "/"}) {
    INFO(page);
    const HttpAnswer answer = scene.agent.get(page);
    CHECK(answer.body.find("hush-hush") == std::string::npos);
    CHECK(answer.head.find("hush-hush") == std::string::npos);
  }
  CHECK(scene.agent.get("/config").status == 200);
  CHECK(scene.agent.get("/config").body.find("loki/api/v1/push") != std::string::npos);
  scene.loki.answer(Reply::ok());
  CHECK(scene.loki.wait_stored(2));
  scene.agent.stop();
  CHECK(scene.agent.log().find("loki/api/v1/push") != std::string::npos);
  CHECK(scene.agent.log().find("hush-hush") == std::string::npos);
}

TEST_CASE("a broken positions file never refuses the start: it is set aside") {
  const std::string broken = GENERATE(std::string(4096, '\0'), std::string("positions:\n  /a: [1"),
                                      std::string("\xff\xfe\x00garbage", 10), std::string("positions: 5\n"),
                                      std::string("- a\n- b\n"));
  Scene scene;
  write_file(scene.agent.positions_file(), broken);
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  scene.agent.stop();
  CHECK(scene.agent.log().find("positions.yaml") != std::string::npos);
  bool kept = false;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(scene.agent.positions_file().parent_path())) {
    const std::string name = entry.path().filename();
    if (name.rfind("positions.yaml.", 0) == 0 && read_file(entry.path()) == broken) kept = true;
  }
  CHECK(kept);
  CHECK(read_file(scene.agent.positions_file()).find("a.log: \"4\"") != std::string::npos);
}

TEST_CASE("Promtail's positions are taken over, and stay readable to it") {
  Scene scene;
  append_file(scene.logs / "a.log", "sent by Promtail\nnot yet sent\n");
  append_file(scene.logs / "b.log", "unknown to Promtail\n");
  write_file(
      scene.agent.positions_file(),
      fmt::format("positions:\n  {}: \"17\"\n  cursor-journal: s=06;i=1\n", (scene.logs / "a.log").string()));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  scene.agent.stop();
  std::vector<std::string> lines = scene.loki.lines();
  std::ranges::sort(lines);
  CHECK(lines == std::vector<std::string>{"not yet sent", "unknown to Promtail"});
  const std::string positions = read_file(scene.agent.positions_file());
  INFO(positions);
  CHECK(positions.rfind("positions:\n", 0) == 0);
  CHECK(positions.find(fmt::format("  {}: \"30\"\n", (scene.logs / "a.log").string())) != std::string::npos);
  // Of others, and not ours to remove.
  CHECK(positions.find("cursor-journal: \"s=06;i=1\"\n") != std::string::npos);
}

TEST_CASE("a positions file that cannot be written is said aloud and stops nothing") {
  Scene scene;
  scene.agent.positions_keys = "sync_period: 50ms";
  append_file(scene.logs / "a.log", "one\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  // Root may write anywhere, but nobody can replace a folder by a file.
  fs::remove(scene.agent.positions_file());
  fs::create_directories(scene.agent.positions_file() / "in-the-way");
  append_file(scene.logs / "a.log", "two\n");
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(eventually([&] { return scene.agent.log().find("level=error") != std::string::npos; }));
  CHECK(scene.agent.running());
  fs::remove_all(scene.agent.positions_file());
  CHECK(
      eventually([&] { return read_file(scene.agent.positions_file()).find("\"8\"") != std::string::npos; }));
  scene.agent.stop();
}
