#include "agent/source/journal/journal_target.h"

#include <catch2/catch.hpp>

#include "agent/clock.h"
#include "agent/state/positions.h"
#include "tests/unit/agent/source/journal/fake_journal.h"
#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

using test::FakeJournal;

struct JournalScene {
  JournalScene() {
    job.job_name = "job";
    job.journal.emplace().labels = {{"a", "b"}};
    target = std::make_unique<JournalTarget>(
        job, TargetContext{received.control, *received.worker, positions, metrics}, FakeJournal::library());
  }
  ~JournalScene() { target->stop(); }

  FakeJournal::Entry& add(const std::string& message) { return journal.add(++time, message); }
  // The messages that came out are these.
  bool wait_messages(const std::vector<std::string>& messages) {
    std::vector<std::string> wanted;
    for (const std::string& message : messages) wanted.push_back(R"({a="b"} )" + message);
    return received.run_until([&] { return received.entries() == wanted; });
  }
  std::string saved() { return positions.value("cursor-job").value_or(""); }
  std::string cursor_of(std::size_t number) { return journal.entries[number].cursor; }
  double faults() {
    return metrics
        .counter_of("promtail_journal_target_parsing_errors_total",
                    "Total number of parsing errors while reading journal messages", {{"error", "corrupt"}})
        .Value();
  }

  test::ReceivedScene received;
  FakeJournal journal;
  std::uint64_t time = static_cast<std::uint64_t>(system_time().seconds - 60) * 1'000'000;
  config::ScrapeConfig job;
  Positions positions{""};
  Metrics metrics;
  std::unique_ptr<JournalTarget> target;
};

TEST_CASE("a journal's position is what is settled", "[journal]") {
  JournalScene scene;
  scene.add("0");
  scene.add("1");
  CHECK_FALSE(scene.target->ready());
  scene.target->start();
  REQUIRE(scene.wait_messages({"0", "1"}));
  CHECK(scene.target->ready());
  CHECK(scene.saved().empty());
  scene.received.settle();
  CHECK(scene.received.run_until([&] { return scene.saved() == scene.cursor_of(1); }));
  scene.add("2");
  REQUIRE(scene.wait_messages({"0", "1", "2"}));
  CHECK(scene.saved() == scene.cursor_of(1));
  scene.received.settle();
  CHECK(scene.received.run_until([&] { return scene.saved() == scene.cursor_of(2); }));
  // What makes no entry moves it too.
  scene.add("").fields.clear();
  scene.add("").has_bad_time = true;
  CHECK(scene.received.run_until([&] { return scene.saved() == scene.cursor_of(4); }));
  CHECK(scene.faults() == 1);
  CHECK(scene.journal.opened == 1);
}

TEST_CASE("a journal that fails is opened again and read on", "[journal]") {
  JournalScene scene;
  for (const char* message : {"0", "1", "2"}) scene.add(message);
  scene.journal.open_error = EACCES;
  scene.journal.fail_before = 2;
  scene.journal.next_error = EBADMSG;
  scene.target->start();
  scene.received.control.poll();
  CHECK_FALSE(scene.target->ready());
  REQUIRE(scene.wait_messages({"0", "1", "2"}));
  CHECK(scene.target->ready());
  CHECK(scene.journal.opened == 2);
  scene.journal.process_error = EIO;
  scene.add("3");
  scene.add("4");
  REQUIRE(scene.wait_messages({"0", "1", "2", "3", "4"}));
  CHECK(scene.journal.opened == 3);
  // Its entries may be gone then.
  scene.journal.entries.clear();
  scene.journal.process_error = EIO;
  scene.add("5");
  REQUIRE(scene.wait_messages({"0", "1", "2", "3", "4", "5"}));
}

TEST_CASE("reading begins behind the saved entry", "[journal]") {
  JournalScene scene;
  for (const char* message : {"0", "1", "2"}) scene.add(message);
  scene.positions.set_value("cursor-job", scene.cursor_of(1));
  scene.target->start();
  REQUIRE(scene.wait_messages({"2"}));
  scene.target->stop();
  REQUIRE(scene.received.drain());
  scene.received.settle();
  CHECK(scene.received.run_until([&] { return scene.saved() == scene.cursor_of(2); }));
  CHECK_FALSE(scene.target->ready());
}

}  // namespace
}  // namespace lokitail::agent
