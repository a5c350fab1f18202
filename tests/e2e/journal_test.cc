// The journal: files that systemd-journal-remote made.
#include "tests/support/journal.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <set>

using namespace lokitail::test;

namespace {

namespace fs = std::filesystem;

constexpr const char* kLabels = R"(  relabel_configs:
  - {source_labels: [__journal__systemd_unit], target_label: unit}
  - {source_labels: [__journal_priority_keyword], target_label: level}
)";

struct JournalScene : Scene {
  fs::path folder = directory / "journal";
  JournalFile file{folder / "system.journal"};

  // `keys` are further lines of the block; `job_lines` of the job.
  explicit JournalScene(const std::string& keys = "", const std::string& job_lines = kLabels) {
    configure(keys, job_lines);
  }
  void configure(const std::string& keys, const std::string& job_lines = kLabels) {
    agent.jobs = {
        fmt::format("- job_name: journal\n  journal:\n    path: {}\n    labels: {{job: journal}}\n{}{}",
                    folder.string(), keys, job_lines)};
  }

  void add_messages(int first, int end) {
    for (int i = first; i < end; ++i) file.add(fmt::format("message {}", i));
    file.append();
  }
  std::multiset<std::string> lines() const {
    const auto all = loki.lines();
    return {all.begin(), all.end()};
  }
  bool wait_line(const std::string& line) const {
    return eventually([&] { return lines().contains(line); });
  }
  // That all messages are there; how often any is there more than once.
  std::size_t require_messages(int end) const {
    const auto stored = lines();
    std::size_t more = stored.size();
    for (int i = 0; i < end; ++i) {
      INFO(i);
      REQUIRE(stored.contains(fmt::format("message {}", i)));
      --more;
    }
    return more;
  }
  bool logged(const std::string& text) const { return agent.log().find(text) != std::string::npos; }
};

bool no_journal() {
  const std::string missing = JournalFile::missing();
  if (!missing.empty()) skip(missing);
  return !missing.empty();
}

}  // namespace

TEST_CASE("journal: entries come with their labels, times and messages") {
  if (no_journal()) return;
  JournalScene scene;
  const std::int64_t time = journal_time(1h);
  scene.file.add(time,
                 {{"MESSAGE", "an error"}, {"PRIORITY", "3"}, {"_SYSTEMD_UNIT", "a.service"}, {"_PID", "7"}});
  scene.file.add(time + 1, {{"MESSAGE", "two\nlines"}, {"PRIORITY", "6"}, {"_SYSTEMD_UNIT", "b.service"}});
  scene.file.add(time + 2, {{"_PID", "7"}, {"PRIORITY", "6"}});
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(scene.agent.wait_ready());
  auto stored = scene.loki.stored();
  std::ranges::sort(stored, {}, &Arrival::timestamp);
  CHECK(stored[0].line == "an error");
  CHECK(stored[0].labels == R"({job="journal", level="error", unit="a.service"})");
  CHECK(stored[0].timestamp == time * 1000);
  CHECK(stored[1].line == "two\nlines");
  CHECK(stored[1].labels == R"({job="journal", level="info", unit="b.service"})");
  // What is written while it reads.
  scene.file.add(journal_time(), {{"MESSAGE", "later"}});
  scene.file.append();
  REQUIRE(scene.loki.wait_stored(3));
  CHECK(scene.loki.lines().back() == "later");
  CHECK(scene.agent.metric("promtail_journal_target_lines_total") == 3);
  CHECK(scene.agent.metric("promtail_journal_target_parsing_errors_total", "error=\"no_message\"") == 1);
  REQUIRE(eventually([&] {
    const std::string targets = scene.agent.get("/api/v1/targets?job=journal").body;
    return targets.find(R"("cursor":"s=)") != std::string::npos &&
           targets.find(R"("lag_seconds":0,"lines":3,"lines_per_second":)") != std::string::npos;
  }));
  scene.agent.stop();
}

TEST_CASE("journal: all fields as JSON, matches, and entries without labels") {
  if (no_journal()) return;
  JournalScene scene("    json: true\n    matches: PRIORITY=3 PRIORITY=4 _UID=0\n");
  scene.agent.jobs[0].replace(scene.agent.jobs[0].find("    labels: {job: journal}\n"), 27, "");
  const std::int64_t time = journal_time(1h);
  scene.file.add(time, {{"MESSAGE", "<a>"}, {"PRIORITY", "3"}, {"_UID", "0"}});
  scene.file.add(time + 1, {{"MESSAGE", "b"}, {"PRIORITY", "4"}, {"_UID", "0"}});
  scene.file.add(time + 2, {{"MESSAGE", "c"}, {"PRIORITY", "4"}, {"_UID", "1"}});
  scene.file.add(time + 3, {{"MESSAGE", "d"}, {"PRIORITY", "5"}, {"_UID", "0"}});
  scene.file.append();
  scene.configure(
      "    json: true\n    matches: PRIORITY=3 PRIORITY=4 _UID=0\n",
      "  relabel_configs:\n  - {action: labeldrop, regex: job}\n"
      "  - {source_labels: [__journal_priority], regex: '3', target_label: error, replacement: 'yes'}\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  REQUIRE(eventually([&] {
    return scene.agent.metric("promtail_journal_target_parsing_errors_total", "error=\"empty_labels\"") == 1;
  }));
  CHECK(scene.loki.stored()[0].labels == R"({error="yes"})");
  const std::string line = scene.loki.lines().at(0);
  CHECK(line.starts_with(R"({"MESSAGE":"\u003ca\u003e","PRIORITY":"3","_BOOT_ID":")"));
  CHECK(line.ends_with(R"(","_UID":"0"})"));
  CHECK(scene.agent.metric("promtail_journal_target_lines_total") == 1);
  scene.agent.stop();
}

TEST_CASE("journal: reading begins max_age ago, where there is no position") {
  if (no_journal()) return;
  JournalScene scene("    max_age: 1h\n");
  scene.file.add(journal_time(2h), {{"MESSAGE", "old"}});
  scene.file.add(journal_time(30min), {{"MESSAGE", "young"}});
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.wait_line("young"));
  scene.agent.stop();
  // The same holds for a position that is older.
  write_file(scene.agent.positions_file(),
             fmt::format("positions:\n  cursor-journal: {}\n", scene.file.cursor_of("old")));
  fs::remove(scene.agent.positions_file().string() + ".identities");
  scene.file.add("new");
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.wait_line("new"));
  CHECK(scene.lines() == std::multiset<std::string>{"young", "young", "new"});
  CHECK(scene.logged("older than max_age"));
  scene.agent.stop();
}

TEST_CASE("journal: a restart sends nothing twice and loses nothing") {
  if (no_journal()) return;
  JournalScene scene;
  int end = 0;
  for (int run = 0; run < 5; ++run) {
    scene.add_messages(end, end + 200);
    end += 200;
    scene.agent.start();
    REQUIRE(scene.wait_line(fmt::format("message {}", end - 1)));
    scene.add_messages(end, end + 100);
    end += 100;
    if (run % 2 == 0) REQUIRE(scene.wait_line(fmt::format("message {}", end - 1)));
    scene.agent.stop();
  }
  scene.agent.start();
  REQUIRE(scene.wait_line(fmt::format("message {}", end - 1)));
  CHECK(scene.require_messages(end) == 0);
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == static_cast<std::size_t>(end));
  CHECK_FALSE(scene.logged("is gone"));
}

TEST_CASE("journal: Promtail's position is taken over") {
  if (no_journal()) return;
  JournalScene scene;
  scene.add_messages(0, 10);
  fs::create_directories(scene.agent.positions_file().parent_path());
  write_file(scene.agent.positions_file(),
             fmt::format("positions:\n  cursor-journal: {}\n", scene.file.cursor_of("message 6")));
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(3));
  scene.agent.stop();
  CHECK(scene.lines() == std::multiset<std::string>{"message 7", "message 8", "message 9"});
  CHECK(read_file(scene.agent.positions_file()).find(scene.file.cursor_of("message 9")) != std::string::npos);
}

TEST_CASE("journal: an outage of Loki and a kill lose nothing") {
  if (no_journal()) return;
  JournalScene scene;
  constexpr int kMessages = 5000;
  scene.add_messages(0, 10);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(10));
  REQUIRE(eventually([&] {
    return read_file(scene.agent.positions_file()).find(scene.file.cursor_of("message 9")) !=
           std::string::npos;
  }));
  scene.loki.answer(Reply::refuse(503));
  scene.add_messages(10, kMessages);
  REQUIRE(eventually([&] { return scene.agent.metric("promtail_journal_target_lines_total") >= kMessages; }));
  // It is in the journal: it need not be on disk once more.
  CHECK(scene.agent.metric("lokitail_client_entries_total", "outcome=\"spooled\"") == 0);
  scene.agent.kill();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  REQUIRE(scene.wait_line(fmt::format("message {}", kMessages - 1)));
  scene.require_messages(kMessages);
  // What was settled before the outage came once.
  CHECK(scene.lines().count("message 5") == 1);
  scene.agent.stop();
}

TEST_CASE("journal: kills in the midst of reading lose nothing") {
  if (no_journal()) return;
  JournalScene scene;
  constexpr int kMessages = 20'000;
  scene.add_messages(0, kMessages);
  scene.loki.answer([](const Request&) {
    Reply reply;
    reply.delay = 5ms;
    return reply;
  });
  for (std::size_t kills = 1; kills <= 4; ++kills) {
    scene.agent.start();
    const std::size_t before = scene.loki.stored_count();
    REQUIRE(eventually([&] { return scene.loki.stored_count() > before; }));
    scene.agent.kill();
  }
  scene.agent.start();
  REQUIRE(scene.wait_line(fmt::format("message {}", kMessages - 1)));
  REQUIRE(eventually([&] { return scene.lines().size() >= kMessages; }));
  scene.require_messages(kMessages);
  scene.agent.stop();
}

TEST_CASE("journal: where the saved entry is gone, reading goes on behind it") {
  if (no_journal()) return;
  JournalScene scene;
  scene.add_messages(0, 5);
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(5));
  scene.agent.stop();
  // Vacuumed, and written anew.
  fs::remove_all(scene.folder);
  JournalFile anew(scene.folder / "system.journal");
  anew.add(journal_time(1h), {{"MESSAGE", "before it"}});
  anew.add("behind it");
  anew.append();
  scene.agent.start();
  REQUIRE(scene.wait_line("behind it"));
  CHECK(scene.logged("the journal's entry of the saved position is gone"));
  CHECK_FALSE(scene.lines().contains("before it"));
  CHECK(scene.loki.stored_count() == 6);
  scene.agent.stop();
}

TEST_CASE("journal: a position that is no cursor is said, and costs nothing") {
  if (no_journal()) return;
  JournalScene scene;
  scene.add_messages(0, 3);
  fs::create_directories(scene.agent.positions_file().parent_path());
  write_file(scene.agent.positions_file(), "positions:\n  cursor-journal: nonsense;t=zz\n");
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(3));
  CHECK(scene.logged("the saved position in the journal is no cursor"));
  scene.agent.stop();
}

TEST_CASE("journal: fields above 64 KiB are whole") {
  if (no_journal()) return;
  JournalScene scene;
  std::string large;
  for (int i = 0; large.size() < 700'000; ++i) large += std::to_string(i * 7919) + ' ';
  scene.file.add(large);
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.lines()[0] == large);
  scene.agent.stop();
}

TEST_CASE("journal: a large backlog comes once, though the journal is opened anew in between") {
  if (no_journal()) return;
  JournalScene scene;
  constexpr int kMessages = 20'000;
  const std::string padding(8000, 'x');
  const std::int64_t time = journal_time(1h);
  for (int i = 0; i < kMessages; ++i) {
    scene.file.add(time + i,
                   {{"MESSAGE", fmt::format("message {}", i)}, {"PADDING", padding + std::to_string(i)}});
  }
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(kMessages));
  CHECK(scene.require_messages(kMessages) == 0);
  scene.agent.stop();
  CHECK_FALSE(scene.logged("is gone"));
}

TEST_CASE("journal: folders and files that come later are read") {
  if (no_journal()) return;
  JournalScene scene;
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.logged("cannot open the journal"); }));
  CHECK(scene.agent.get("/ready").status == 500);
  scene.add_messages(0, 3);
  REQUIRE(scene.loki.wait_stored(3));
  CHECK(scene.agent.wait_ready());
  JournalFile other(scene.folder / "user-1000.journal");
  other.add("of another file");
  other.append();
  REQUIRE(scene.wait_line("of another file"));
  scene.agent.stop();
  // The position is of files that are not there yet.
  const fs::path away = scene.directory / "away";
  fs::create_directories(away);
  for (const auto& path : fs::directory_iterator(scene.folder))
    fs::rename(path, away / path.path().filename());
  scene.agent.start();
  REQUIRE(eventually([&] { return scene.logged("there are no journal files"); }));
  CHECK_FALSE(scene.logged("is gone"));
  other = JournalFile(away / "user-1000.journal");
  other.add("after all");
  other.append();
  const auto come_back = [&](bool others) {
    for (const auto& path : fs::directory_iterator(away)) {
      const bool is_other = path.path().filename() == "user-1000.journal";
      if (is_other == others) fs::rename(path, scene.folder / path.path().filename());
    }
  };
  come_back(false);
  // The file with the entry of the position comes when reading has gone on without it.
  REQUIRE(eventually([&] { return scene.logged("is gone"); }));
  come_back(true);
  REQUIRE(scene.wait_line("after all"));
  scene.agent.stop();
  CHECK(scene.loki.stored_count() == 5);
}

TEST_CASE("journal: a file that is damaged holds up no other") {
  if (no_journal()) return;
  JournalScene scene;
  const std::int64_t time = journal_time(1h);
  for (int i = 0; i < 50; ++i)
    scene.file.add(time + i, {{"MESSAGE", fmt::format("first {} {}", i, std::string(40, 'x'))}});
  scene.file.append();
  // An entry's text is found in the file, and what is around it is overwritten: the heads of objects too.
  const fs::path path = scene.folder / "system.journal";
  std::string bytes = read_file(path);
  const std::size_t at = bytes.find("first 25 ");
  REQUIRE(at != bytes.npos);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) - 72, 400, '\xff');
  write_file(path, bytes);
  JournalFile other(scene.folder / "other.journal");
  for (int i = 0; i < 50; ++i) other.add(time + 100 + i, {{"MESSAGE", fmt::format("second {}", i)}});
  other.append();
  scene.agent.start();
  REQUIRE(scene.wait_line("second 49"));
  other.add("later");
  other.append();
  REQUIRE(scene.wait_line("later"));
  const auto lines = scene.lines();
  std::size_t first = 0;
  for (const std::string& line : lines) first += line.starts_with("first ") ? 1 : 0;
  INFO("of 50 entries of the damaged file " << first << " were read");
  CHECK(first >= 24);
  CHECK(lines.size() == first + 51);
  CHECK(scene.agent.running());
  scene.agent.stop();
}

TEST_CASE("journal: a file that is truncated while it is read ends nothing but itself") {
  if (no_journal()) return;
  JournalScene scene;
  scene.agent.top_level = "limits_config: {max_bytes_in_flight: 65536}\n";
  scene.loki.answer(Reply::refuse(503));
  const std::int64_t time = journal_time(1h);
  constexpr int kMessages = 40'000;
  const std::string padding(300, 'x');
  for (int i = 0; i < kMessages; ++i) {
    scene.file.add(time + i, {{"MESSAGE", fmt::format("{} {}", padding, i)}});
  }
  scene.file.append();
  scene.agent.start();
  // Then it is held up, with the file mapped, and has read the first of it.
  double read = 0;
  REQUIRE(eventually(
      [&] {
        const double before = std::exchange(read, scene.agent.metric("promtail_journal_target_lines_total"));
        return read > 0 && read == before;
      },
      kPatience, 200ms));
  REQUIRE(read < kMessages / 2);
  const fs::path path = scene.folder / "system.journal";
  fs::resize_file(path, fs::file_size(path) / 2);
  JournalFile other(scene.folder / "other.journal");
  other.add("of another file");
  other.append();
  scene.loki.answer(Reply::ok());
  REQUIRE(scene.wait_line("of another file"));
  CHECK(scene.agent.running());
  CHECK(scene.logged("a file was truncated, or its disk cannot read"));
  CHECK(static_cast<double>(scene.loki.stored_count()) > read);
  scene.agent.stop();
}

TEST_CASE("journal: a namespace of this machine's journal") {
  if (no_journal()) return;
  if (::geteuid() != 0) return skip("only root may write below /run/log/journal");
  std::string machine = read_file("/etc/machine-id");
  if (machine.size() < 32) return skip("there is no /etc/machine-id");
  machine.resize(32);
  const std::string name = fmt::format("lokitail-test-{}", ::getpid());
  struct Removed {
    fs::path path;
    ~Removed() { fs::remove_all(path); }
  };
  const fs::path base = "/run/log/journal";
  // What the test made, it removes.
  const Removed below{fs::exists(base) ? base / (machine + "." + name) : base};
  JournalScene scene;
  JournalFile file(base / (machine + "." + name) / "system.journal");
  file.add("of the namespace");
  file.append();
  const auto job = [&](const std::string& wanted) {
    return "- job_name: " + wanted.substr(wanted.find('l')) +
           "\n  journal: {labels: {job: a}, namespace: " + wanted + "}\n";
  };
  scene.agent.jobs = {job(name)};
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  file.add("and more");
  file.append();
  REQUIRE(scene.wait_line("and more"));
  scene.agent.stop();
  CHECK(scene.lines() == std::multiset<std::string>{"of the namespace", "and more"});
  // Not without its name.
  scene.agent.jobs = {"- job_name: plain\n  journal: {labels: {job: a}, matches: MESSAGE=more}\n",
                      job("lokitail-test-other"), job('+' + name)};
  scene.agent.start();
  file.add("the end");
  file.append();
  REQUIRE(scene.wait_line("the end"));
  scene.agent.stop();
  CHECK(scene.lines().count("the end") == 1);
}

TEST_CASE("journal: the job of the page") {
  if (no_journal()) return;
  JournalScene scene;
  scene.agent.jobs = {job_of_page("sources/journal.md", "/var/log/journal", scene.folder.string())};
  scene.file.add(
      journal_time(),
      {{"MESSAGE", "as it says"}, {"PRIORITY", "3"}, {"_SYSTEMD_UNIT", "a.service"}, {"_HOSTNAME", "here"}});
  scene.file.append();
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored()[0].labels ==
        R"({host="here", job="systemd-journal", level="error", unit="a.service"})");
  scene.agent.stop();
}

TEST_CASE("journal: without libsystemd the job is never ready, and the others run") {
  Scene scene;
  const fs::path libraries = scene.directory / "libraries";
  fs::create_directories(libraries);
  write_file(libraries / "libsystemd.so.0", "no library");
  scene.agent.environment["LD_LIBRARY_PATH"] = libraries;
  const std::string files = scene.agent.jobs[0];
  scene.agent.jobs = {"- job_name: journal\n  journal: {labels: {job: journal}}\n"};
  scene.agent.start();
  CHECK(scene.agent.log().find("the journal cannot be read without libsystemd") != std::string::npos);
  CHECK(scene.agent.get("/ready").status == 500);
  scene.agent.stop();
  scene.agent.jobs.push_back(files);
  scene.agent.start();
  write_file(scene.logs / "a.log", "a line\n");
  CHECK(scene.loki.wait_stored(1));
  CHECK(scene.agent.wait_ready());
  const HttpAnswer health = scene.agent.get("/readyz");
  CHECK(health.status == 200);
  CHECK(health.body.find("{\"component\":\"sources\",\"status\":\"degraded\"") != std::string::npos);
  CHECK(health.body.find("job journal: journal is not ready") != std::string::npos);
  scene.agent.stop();
}
