#include "agent/spool/spool.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"
#include "tests/unit/agent/spool/memory_files.h"

namespace lokitail::agent {
namespace {

using test::MemoryFiles;
using Bodies = std::vector<std::string>;

SpoolRecord record_of(const std::string& body, std::int64_t written_at = 0) {
  return {
      .written_at = written_at, .raw_bytes = 2 * body.size(), .entries = 3, .streams = {1, 7}, .body = body};
}

// A spool in memory that can be opened again.
class SpoolScene {
 public:
  explicit SpoolScene(SpoolLimits limits = {}) : limits_(limits) { reopen(); }

  void reopen() {
    spool_.reset();
    spool_.emplace(files, "spool", limits_, use, [this] { return now; });
    problem = spool_->open();
    REQUIRE(problem.empty());
  }

  Spool::Append append(const SpoolRecord& record) {
    Spool::Sequence sequence = 0;
    return spool_->append(record, sequence, problem);
  }
  // Appends and syncs one by one.
  void write(const Bodies& bodies) {
    for (const std::string& body : bodies) {
      REQUIRE(append(record_of(body, now)) == Spool::Append::kStored);
      problem = spool_->sync();
      REQUIRE(problem.empty());
    }
  }
  // All that is left.
  Bodies read() {
    Bodies bodies;
    while (const auto found = spool_->next(problem)) {
      bodies.push_back(found->second.body);
      sequences.push_back(found->first);
    }
    return bodies;
  }
  void save() {
    problem = spool_->save();
    REQUIRE(problem.empty());
  }
  Spool& spool() { return *spool_; }
  std::string& first_segment() { return files.content(files.contents().begin()->first); }

  MemoryFiles files{1};
  SpoolUse use;
  std::int64_t now = 1000;
  std::string problem;
  std::vector<Spool::Sequence> sequences;

 private:
  SpoolLimits limits_;
  std::optional<Spool> spool_;
};

TEST_CASE("a spool gives back what it was given, also later", "[spool]") {
  SpoolScene scene;
  scene.write({"a", "", std::string(100'000, 'b')});
  scene.reopen();
  scene.write({"c"});
  const auto first = scene.spool().next(scene.problem);
  REQUIRE(first);
  CHECK(first->second == record_of("a", 1000));
  CHECK_FALSE(scene.spool().at_end());
  CHECK(scene.read() == Bodies{"", std::string(100'000, 'b'), "c"});
  CHECK(scene.spool().at_end());
  scene.write({"d"});
  CHECK_FALSE(scene.spool().at_end());
  CHECK(scene.read() == Bodies{"d"});
}

TEST_CASE("records come out once they are synced", "[spool]") {
  SpoolScene scene;
  REQUIRE(scene.append(record_of("a")) == Spool::Append::kStored);
  CHECK(scene.read().empty());
  CHECK(scene.spool().sync().empty());
  CHECK(scene.read() == Bodies{"a"});
}

TEST_CASE("what is acknowledged does not come again, up to the first that is not", "[spool]") {
  SpoolScene scene;
  scene.write({"a", "b", "c", "d"});
  scene.read();
  scene.spool().acknowledge(scene.sequences[1]);
  scene.spool().acknowledge(scene.sequences[0]);
  scene.spool().acknowledge(scene.sequences[3]);
  scene.save();
  scene.reopen();
  CHECK(scene.read() == Bodies{"c", "d"});
}

TEST_CASE("segments that nobody needs are removed", "[spool]") {
  SpoolScene scene({.segment_bytes = 100});
  scene.write({"a", std::string(100, 'b'), "c"});
  CHECK(scene.files.contents().size() == 2);
  scene.read();
  scene.spool().acknowledge(scene.sequences[0]);
  scene.spool().acknowledge(scene.sequences[1]);
  scene.save();
  CHECK(scene.files.contents().size() == 2);  // the other one and the cursor
  scene.spool().acknowledge(scene.sequences[2]);
  scene.save();
  CHECK(scene.files.contents().size() == 1);
  CHECK(scene.use.bytes == 0);
  scene.write({"d"});
  scene.reopen();
  CHECK(scene.read() == Bodies{"d"});
}

TEST_CASE("damaged records are skipped and counted", "[spool]") {
  SpoolScene scene;
  scene.write({"first", "second", "third"});
  std::string& bytes = scene.first_segment();
  SECTION("in the middle") {
    bytes[bytes.find("second")] ^= 1;
    scene.reopen();
    CHECK(scene.read() == Bodies{"first", "third"});
    CHECK(scene.spool().stats().corrupt_records == 1);
    CHECK(scene.spool().stats().corrupt_bytes > 6);
    // It does not hold up the cursor.
    for (const Spool::Sequence sequence : scene.sequences) scene.spool().acknowledge(sequence);
    scene.save();
    CHECK(scene.spool().bytes() == 0);
  }
  SECTION("a torn tail") {
    bytes.resize(bytes.size() - 3);
    scene.reopen();
    CHECK(scene.read() == Bodies{"first", "second"});
    scene.write({"fourth"});
    CHECK(scene.read() == Bodies{"fourth"});
    scene.reopen();
    CHECK(scene.read() == Bodies{"first", "second", "fourth"});
  }
  SECTION("a size that is none") {
    const std::size_t second = bytes.find("LKSR", 4);
    bytes[second + 4 + 3] = '\x7f';
    scene.reopen();
    CHECK(scene.read() == Bodies{"first", "third"});
  }
  SECTION("all of them") {
    std::ranges::fill(bytes, '\0');
    scene.reopen();
    CHECK(scene.read().empty());
    CHECK(scene.spool().stats().corrupt_bytes > 0);
    scene.write({"new"});
    CHECK(scene.read() == Bodies{"new"});
  }
}

TEST_CASE("a damaged cursor means to begin again", "[spool]") {
  SpoolScene scene;
  scene.write({"a", "b"});
  scene.read();
  scene.spool().acknowledge(scene.sequences[0]);
  scene.save();
  scene.files.content("spool/cursor")[5] ^= 1;
  scene.reopen();
  CHECK(scene.read() == Bodies{"a", "b"});
}

TEST_CASE("a full spool", "[spool]") {
  SpoolLimits limits{.max_bytes = 900, .segment_bytes = 250};
  const std::string body(140, 'x');
  SECTION("takes no more, until there is room") {
    SpoolScene scene(limits);
    for (const char* const name : {"1", "2", "3", "4"}) scene.write({name + body});
    CHECK(scene.append(record_of("5" + body)) == Spool::Append::kFull);
    CHECK(scene.read().size() == 4);
    scene.spool().acknowledge(scene.sequences[0]);
    scene.spool().acknowledge(scene.sequences[1]);
    scene.save();
    CHECK(scene.append(record_of("5" + body)) == Spool::Append::kStored);
  }
  SECTION("drops the oldest and counts them, if that is wanted") {
    limits.drop_oldest = true;
    SpoolScene scene(limits);
    for (const char* const name : {"1", "2", "3", "4", "5"}) scene.write({name + body});
    CHECK(scene.spool().stats().dropped_entries == 6);  // two records
    CHECK(scene.read() == Bodies{"3" + body, "4" + body, "5" + body});
    CHECK(scene.use.bytes <= limits.max_bytes);
    scene.reopen();
    CHECK(scene.read() == Bodies{"3" + body, "4" + body, "5" + body});
  }
  SECTION("drops no record that was read, as far as its reader is concerned") {
    limits.drop_oldest = true;
    SpoolScene scene(limits);
    for (const char* const name : {"1", "2", "3", "4"}) scene.write({name + body});
    CHECK(scene.read().size() == 4);
    scene.write({"5" + body});
    CHECK(scene.spool().stats().dropped_entries == 0);
    scene.spool().acknowledge(scene.sequences[0]);  // not there any more: harmless
    CHECK(scene.read() == Bodies{"5" + body});
  }
}

TEST_CASE("records that are too old are dropped and counted", "[spool]") {
  SpoolScene scene({.max_age = 60});
  scene.write({"old"});
  scene.now += 50;
  scene.write({"young"});
  scene.now += 11;
  CHECK(scene.read() == Bodies{"young"});
  CHECK(scene.spool().stats().too_old_entries == 3);
}

TEST_CASE("a disk that fails leaves the spool as it was", "[spool]") {
  SpoolScene scene;
  scene.write({"a"});
  scene.files.fail_often(100);
  CHECK(scene.append(record_of("b")) == Spool::Append::kFailed);
  CHECK_FALSE(scene.problem.empty());
  scene.files.fail_often(0);
  SECTION("and takes what comes when it works again") {
    scene.problem.clear();
    // The broken piece could not be cut off: first what was there has to be safe.
    if (scene.append(record_of("c")) != Spool::Append::kStored) {
      CHECK(scene.spool().sync().empty());
      scene.write({"c"});
    }
    CHECK(scene.spool().sync().empty());
    CHECK(scene.read() == Bodies{"a", "c"});
    scene.reopen();
    CHECK(scene.read() == Bodies{"a", "c"});
  }
  SECTION("what cannot be synced is not there") {
    CHECK(scene.spool().sync().empty());
    REQUIRE(scene.append(record_of("d")) == Spool::Append::kStored);
    scene.files.fail_often(100);
    CHECK_FALSE(scene.spool().sync().empty());
    scene.files.fail_often(0);
    CHECK(scene.read() == Bodies{"a"});
    scene.write({"d"});
    CHECK(scene.read() == Bodies{"d"});
  }
}

TEST_CASE("a segment that was begun in vain is in the way of no other", "[spool]") {
  SpoolScene scene;
  scene.write({"a"});
  scene.reopen();
  // Its file is made, but neither is anything written nor what was written cut off.
  scene.files.fail_after(1);
  CHECK(scene.append(record_of("b")) == Spool::Append::kFailed);
  scene.files.fail_often(0);
  CHECK(scene.spool().sync().empty());
  bool stored = false;
  for (int attempt = 0; attempt < 3 && !stored; ++attempt) {
    scene.problem.clear();
    stored = scene.append(record_of("b")) == Spool::Append::kStored;
  }
  CHECK(stored);
  CHECK(scene.spool().sync().empty());
  CHECK(scene.read() == Bodies{"a", "b"});
  for (const Spool::Sequence sequence : scene.sequences) scene.spool().acknowledge(sequence);
  scene.save();
  CHECK(scene.use.bytes == 0);
}

TEST_CASE("a spool on a real disk", "[spool]") {
  const lokitail::test::TempDir directory;
  const std::string folder = (directory / "spool" / "client").string();
  const auto files = posix_spool_files();
  SpoolUse use;
  const auto now = [] { return std::int64_t{0}; };
  std::string problem;
  Spool::Sequence sequence = 0;
  {
    Spool spool(*files, folder, {}, use, now);
    problem = spool.open();
    REQUIRE(problem.empty());
    REQUIRE(spool.append(record_of("a"), sequence, problem) == Spool::Append::kStored);
    REQUIRE(spool.append(record_of("b"), sequence, problem) == Spool::Append::kStored);
    problem = spool.sync();
    REQUIRE(problem.empty());
    const auto first = spool.next(problem);
    REQUIRE(first);
    spool.acknowledge(first->first);
    problem = spool.save();
    REQUIRE(problem.empty());
  }
  CHECK(use.bytes == 0);
  Spool spool(*files, folder, {}, use, now);
  problem = spool.open();
  REQUIRE(problem.empty());
  CHECK(use.bytes > 0);
  const auto second = spool.next(problem);
  REQUIRE(second);
  CHECK(second->second == record_of("b"));
  spool.acknowledge(second->first);
  problem = spool.save();
  CHECK(problem.empty());
  CHECK(std::filesystem::exists(folder + "/cursor"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  CHECK((std::filesystem::status(folder + "/cursor").permissions() & std::filesystem::perms::others_read) ==
        std::filesystem::perms::none);
}

}  // namespace
}  // namespace lokitail::agent
