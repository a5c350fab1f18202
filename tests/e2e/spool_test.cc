// The spool: what cannot be read again is on disk before it is taken for delivered, and a client or a
// tenant that takes nothing holds back no other.
#include "tests/support/scene.h"

#include <sys/mount.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/support/pipe.h"

using namespace lokitail::test;

namespace {

std::size_t bytes_in(const std::filesystem::path& folder) {
  std::size_t bytes = 0;
  if (!std::filesystem::exists(folder)) return 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Incompressible, so that a small budget is used up.
std::string noise(std::size_t number) {
  static std::minstd_rand random(7);
  std::string line = std::to_string(number) + ' ';
  while (line.size() < 200) line += static_cast<char>('!' + random() % 90);
  return line;
}

void write_noise(const std::filesystem::path& path, std::size_t lines) {
  std::ofstream out(path, std::ios::app);
  static std::size_t number = 0;
  for (std::size_t i = 0; i < lines; ++i) out << noise(number++) << '\n';
}

const char* const kSmallBudget = "limits_config: {max_bytes_in_flight: 100kb}\n";

}  // namespace

TEST_CASE("a client that is down stops no other: its entries wait on disk") {
  Scene scene;
  Loki other;
  scene.agent.clients = {client(scene.loki.url(), "name: good"), client(other.url(), "name: bad")};
  scene.agent.top_level = kSmallBudget;
  const auto how = GENERATE(as<std::string>(), "refuses", "is down", "does not answer");
  INFO(how);
  if (how == "refuses") other.answer(Reply::refuse(503));
  if (how == "is down") other.go_down();
  if (how == "does not answer") {
    Reply silent;
    silent.delay = 60s;
    silent.store = false;
    other.answer(silent);
  }
  scene.agent.start();
  // Far more than may be in flight.
  for (int i = 0; i < 4; ++i) {
    write_noise(scene.logs / "a.log", 1000);
    REQUIRE(scene.loki.wait_stored(1000 * (i + 1), 60s));
  }
  CHECK(other.stored_count() == 0);
  CHECK(bytes_in(scene.agent.positions_file().string() + ".spool") > 400'000);
  CHECK(scene.agent.metric("lokitail_spool_bytes", "client=\"bad\"") > 400'000);
  CHECK(eventually([&] { return scene.agent.get("/readyz").status == 503; }, 20s));
  // Positions have moved on: everything is either delivered or on disk.
  CHECK(eventually([&] {
    std::ifstream in(scene.agent.positions_file());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return text.find(std::to_string(std::filesystem::file_size(scene.logs / "a.log"))) != text.npos;
  }));
  const bool restart = GENERATE(false, true);
  INFO("restart " << restart);
  if (restart) scene.agent.kill();
  other.answer(Reply::ok());
  other.come_back();
  if (restart) scene.agent.start();
  REQUIRE(other.wait_stored(4000, 60s));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_spool_bytes", "client=\"bad\"") == 0; }));
  scene.agent.stop();
  const auto lines = other.lines();
  const std::set<std::string> different(lines.begin(), lines.end());
  CHECK(different.size() == 4000);
  CHECK(scene.loki.stored_count() == 4000);
  // In order, but for what was in flight when the agent was killed.
  if (!restart) CHECK(lines == scene.loki.lines());
}

TEST_CASE("a tenant that is rate-limited holds back no other") {
  Scene scene;
  scene.agent.top_level = kSmallBudget;
  scene.agent.jobs = {job("good", scene.logs / "good.log", "pipeline_stages: [{tenant: {value: good}}]\n"),
                      job("bad", scene.logs / "bad.log", "pipeline_stages: [{tenant: {value: bad}}]\n")};
  scene.loki.answer([](const Request& request) {
    return request.tenant == "bad" ? Reply::refuse(429, "too much") : Reply::ok();
  });
  scene.agent.start();
  for (int i = 0; i < 4; ++i) {
    write_noise(scene.logs / "bad.log", 1000);
    write_noise(scene.logs / "good.log", 1000);
    REQUIRE(scene.loki.wait_stored(1000 * (i + 1), 60s));
  }
  scene.loki.answer(Reply::ok());
  REQUIRE(scene.loki.wait_stored(8000, 60s));
  CHECK(std::ranges::count(scene.loki.stored(), "bad", &Arrival::tenant) == 4000);
  scene.agent.stop();
}

TEST_CASE("a single client that is down has nothing on disk: the log has it") {
  Scene scene;
  scene.agent.top_level = kSmallBudget;
  scene.loki.answer(Reply::refuse(503));
  write_noise(scene.logs / "a.log", 4000);
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.loki.request_count() > 3; }));
  CHECK_FALSE(std::filesystem::exists(scene.agent.positions_file().string() + ".spool"));
  scene.loki.answer(Reply::ok());
  REQUIRE(scene.loki.wait_stored(4000));
  scene.agent.stop();
}

TEST_CASE("mode always: what was read is on disk, even if the log is gone") {
  Scene scene;
  scene.agent.top_level = "spool: {mode: always, directory: " + (scene.directory / "spool").string() + "}\n";
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  write_noise(scene.logs / "a.log", 500);
  REQUIRE(eventually([&] { return bytes_in(scene.directory / "spool") > 90'000; }));
  std::filesystem::remove(scene.logs / "a.log");
  scene.agent.kill();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(500));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 500);
}

TEST_CASE("a job whose files are deleted soon is on disk at once, others are not") {
  Scene scene;
  scene.agent.jobs = {job("build", scene.logs / "build.log", "spool: always\n"),
                      job("app", scene.logs / "app.log")};
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  write_noise(scene.logs / "build.log", 100);
  const auto spooled = [&] {
    return scene.agent.metric("lokitail_client_entries_total", "outcome=\"spooled\"");
  };
  REQUIRE(eventually([&] { return spooled() == 100; }));
  std::filesystem::remove(scene.logs / "build.log");
  write_noise(scene.logs / "app.log", 30);
  REQUIRE(eventually([&] {
    return scene.agent.metric("lokitail_client_taken_entries_total", "from=\"pipelines\"") == 130;
  }));
  CHECK(stays([&] { return spooled() == 100; }, 300ms));
  scene.agent.kill();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(130));
  CHECK(stays([&] { return scene.loki.stored_count() == 130; }, 300ms));
  scene.agent.stop();
}

TEST_CASE("two clients of one Loki have spools of their own, though neither has a name") {
  Scene scene;
  const std::string second_match = ", match: '{job=\"app\"}'";
  scene.agent.clients = {client(scene.loki.url(), "tenant_id: a"), client(scene.loki.url(), "tenant_id: b"),
                         client(scene.loki.url(), "tenant_id: b" + second_match)};
  scene.agent.top_level = "spool: {mode: always}\n";
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  write_noise(scene.logs / "a.log", 10);
  const std::string spooled = "outcome=\"spooled\"";
  REQUIRE(eventually([&] { return scene.agent.metric("lokitail_client_entries_total", spooled) == 30; }));
  scene.agent.stop();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(30));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_spool_bytes") == 0; }));
  CHECK(stays([&] { return scene.loki.stored_count() == 30; }, 500ms));
  CHECK(std::ranges::count(scene.loki.stored(), "a", &Arrival::tenant) == 10);
  scene.agent.stop();
}

TEST_CASE("standard input is on disk before it counts as read") {
  Scene scene;
  scene.agent.top_level = "spool: {directory: " + (scene.directory / "spool").string() + "}\n";
  scene.agent.arguments = {"-stdin"};
  scene.agent.jobs = {"- job_name: stdin\n"};
  scene.loki.answer(Reply::refuse(503));
  Pipe input;
  scene.agent.input = input.read_end();
  scene.agent.start();
  input.write("one\ntwo\n");
  REQUIRE(eventually([&] { return bytes_in(scene.directory / "spool") > 0; }));
  REQUIRE(eventually([&] { return scene.loki.request_count() > 1; }));
  scene.agent.kill();
  scene.loki.answer(Reply::ok());
  // Standard input is at its end now: the agent delivers what it has and ends.
  scene.agent.input = -1;
  scene.agent.launch();
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.loki.lines() == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a spool that cannot be written is told, and delivery goes on") {
  Scene scene;
  std::ofstream(scene.directory / "file") << "no folder";
  scene.agent.top_level = "spool: {mode: always, directory: " + (scene.directory / "file").string() + "}\n";
  scene.agent.start();
  write_noise(scene.logs / "a.log", 10);
  REQUIRE(scene.loki.wait_stored(10));
  CHECK(scene.agent.log().find("the spool does not work") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("a full spool") {
  Scene scene;
  Loki other;
  scene.agent.clients = {client(scene.loki.url(), "name: good, batchsize: 20000"),
                         client(other.url(), "name: bad, batchsize: 20000")};
  other.answer(Reply::refuse(503));
  const std::string when_full = GENERATE("block", "drop_oldest");
  scene.agent.top_level =
      std::string(kSmallBudget) + "spool: {max_bytes: 300kb, when_full: " + when_full + "}\n";
  INFO(when_full);
  scene.agent.start();
  write_noise(scene.logs / "a.log", 5000);
  const std::string dropped = "client=\"bad\",outcome=\"dropped\",reason=\"spool_full\"";
  if (when_full == "block") {
    REQUIRE(
        eventually([&] { return scene.agent.log().find("the spool is full") != std::string::npos; }, 60s));
    CHECK(stays([&] { return scene.loki.stored_count() < 5000; }, 1s));
    other.answer(Reply::ok());
    REQUIRE(other.wait_stored(5000, 60s));
    CHECK(other.stored_count() == 5000);
    CHECK(scene.agent.metric("lokitail_client_entries_total", dropped) == 0);
  } else {
    REQUIRE(scene.loki.wait_stored(5000, 60s));
    REQUIRE(eventually([&] { return scene.agent.metric("lokitail_client_entries_total", dropped) > 0; }));
    CHECK(bytes_in(scene.agent.positions_file().string() + ".spool") <= 300 << 10);
    other.answer(Reply::ok());
    CHECK(eventually([&] {
      return scene.agent.metric("lokitail_client_entries_total", dropped) +
                 static_cast<double>(other.stored_count()) ==
             5000;
    }));
  }
  scene.agent.stop();
}

namespace {

// A disk of its own, as small as may be.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& path) : path_(path) {
    std::filesystem::create_directories(path);
    mounted_ = ::mount("lokitail-test", path.c_str(), "tmpfs", 0, "size=256k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const std::filesystem::path path_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("a disk that is full: what waits does so in memory, and it goes on when there is room") {
  Scene scene("batchsize: 20000");
  const SmallDisk disk(scene.directory / "disk");
  if (!disk.mounted()) return skip("cannot mount a small disk");
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 100kb}\nspool: {mode: always, directory: " +
                          (scene.directory / "disk").string() + "}\n";
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  write_noise(scene.logs / "a.log", 4000);
  REQUIRE(eventually([&] { return scene.agent.log().find("No space left on device") != std::string::npos; }));
  // Reading has stopped.
  CHECK(stays([&] { return scene.agent.metric("promtail_read_lines_total") < 4000; }, 500ms));
  const bool killed = GENERATE(false, true);
  INFO("killed " << killed);
  if (killed) {
    scene.agent.kill();
    scene.agent.start();
  }
  scene.loki.answer(Reply::ok());
  REQUIRE(eventually(
      [&] {
        const auto lines = scene.loki.lines();
        return std::set<std::string>(lines.begin(), lines.end()).size() == 4000;
      },
      60s));
  CHECK(eventually([&] { return scene.agent.metric("lokitail_spool_bytes") == 0; }));
  if (!killed) CHECK(scene.loki.stored_count() == 4000);
  scene.agent.stop();
}
