#include "agent/source/journal/journal_reader.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/source/journal/fake_journal.h"

namespace lokitail::agent {
namespace {

using test::FakeJournal;
using Found = JournalReader::Found;
using Start = JournalReader::Start;

std::string next_message(JournalReader& reader) {
  if (reader.next() != Found::kEntry) return "nothing";
  std::string message;
  reader.visit_fields([&](std::string_view data) { message = data; });
  return message;
}

TEST_CASE("where the reading of a journal starts", "[journal]") {
  FakeJournal journal;
  for (const std::uint64_t time : {10U, 20U, 20U, 20U, 30U}) journal.add(time, std::to_string(journal.added));
  JournalReader reader(*FakeJournal::library());
  REQUIRE(reader.open({}));
  const struct {
    const char* what;
    std::string cursor;
    std::uint64_t oldest;
    std::uint64_t now;
    Start start;
    std::string next;
  } rows[] = {
      {"no cursor", "", 15, 40, Start::kByAge, "MESSAGE=1"},
      {"a cursor", FakeJournal::cursor_of(0, 10), 0, 40, Start::kAtCursor, "MESSAGE=1"},
      {"one of several of its time", FakeJournal::cursor_of(2, 20), 0, 40, Start::kAtCursor, "MESSAGE=3"},
      {"the last entry", FakeJournal::cursor_of(4, 30), 0, 40, Start::kAtCursor, "nothing"},
      {"one that is gone", FakeJournal::cursor_of(9, 12), 0, 40, Start::kCursorGone, "MESSAGE=1"},
      {"one that is gone, of a time that others have", FakeJournal::cursor_of(9, 20), 0, 40,
       Start::kCursorGone, "MESSAGE=1"},
      {"all after it is gone", FakeJournal::cursor_of(9, 35), 0, 40, Start::kCursorGone, "nothing"},
      {"the clock went back", FakeJournal::cursor_of(9, 50), 25, 40, Start::kCursorGone, "MESSAGE=4"},
      {"an old one", FakeJournal::cursor_of(0, 10), 25, 40, Start::kCursorOld, "MESSAGE=4"},
      {"none at all", "nonsense", 25, 40, Start::kCursorBroken, "MESSAGE=4"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(reader.start(row.cursor, row.oldest, row.now) == row.start);
    CHECK(next_message(reader) == row.next);
  }
}

TEST_CASE("what a journal cannot do is said", "[journal]") {
  FakeJournal journal;
  JournalReader reader(*FakeJournal::library());
  journal.open_error = ENOENT;
  CHECK_FALSE(reader.open({}));
  CHECK(reader.problem() == "cannot open the journal: No such file or directory");
  CHECK_FALSE(reader.is_open());
  config::JournalConfig config;
  config.matches = "A=1";
  journal.match_error = EINVAL;
  CHECK_FALSE(reader.open(config));
  CHECK_FALSE(reader.is_open());
  REQUIRE(reader.open(config));
  journal.add(1, "a").has_bad_fields = true;
  journal.add(2, "b").has_bad_time = true;
  CHECK(reader.next() == Found::kEntry);
  int fields = 0;
  CHECK_FALSE(reader.visit_fields([&](std::string_view) { ++fields; }));
  CHECK(fields == 2);
  CHECK(reader.next() == Found::kEntry);
  std::uint64_t time = 0;
  CHECK_FALSE(reader.time(time));
  CHECK(reader.next() == Found::kNothing);
  journal.fail_before = 2;
  journal.next_error = EBADMSG;
  CHECK(reader.next() == Found::kFailed);
  CHECK(reader.problem() == "cannot read on: Bad message");
  CHECK(reader.process());
  journal.process_error = EIO;
  CHECK_FALSE(reader.process());
  CHECK(reader.timeout(std::chrono::seconds(3)) == std::chrono::seconds(3));
}

TEST_CASE("libsystemd itself", "[journal]") {
  std::string problem;
  const JournalLibrary* const library = JournalLibrary::load(problem);
  if (library == nullptr) {
    WARN("SKIPPED: " << problem);
    return;
  }
  JournalReader reader(*library);
  config::JournalConfig config;
  config.path = "/nonexistent";
  CHECK_FALSE(reader.open(config));
  config.path = "/";
  REQUIRE(reader.open(config));
  CHECK_FALSE(reader.has_files());
  CHECK(reader.fd() >= 0);
  CHECK(reader.start("s=0;t=1", 0, 5) == Start::kCursorBroken);
  CHECK(reader.next() == Found::kNothing);
  CHECK(reader.cursor().empty());
  CHECK(reader.process());
}

}  // namespace
}  // namespace lokitail::agent
