#include "agent/state/positions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "agent/state/durable_file.h"
#include "agent/state/positions_file.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;

FileFacts facts(std::uint64_t inode, std::uint64_t size = 100) {
  FileFacts result;
  result.identity = {1, inode, 5, 0xabcdef, 64};
  result.size = size;
  return result;
}

struct Bench {
  TempFolder folder;
  std::string file = folder / "positions.yaml";
  std::string log = file + ".identities";

  Positions open() const { return Positions(file); }
};

std::string text(const PositionEntries& entries) { return format_positions(entries); }

TEST_CASE("Promtail's format is read") {
  const struct {
    const char* what;
    const char* text;
    PositionEntries want;
  } cases[] = {
      {"empty", "", {}},
      {"empty mapping", "positions: {}\n", {}},
      {"null", "positions:\n", {}},
      {"text", "positions:\n  /var/log/a.log: \"12\"\n", {{"/var/log/a.log", "12"}}},
      {"numbers", "positions:\n  /var/log/a.log: 12\n", {{"/var/log/a.log", "12"}}},
      {"cursors",
       "positions:\n  cursor-job: s=0639;i=1;b=2\n  cursor-4f66: \"1700000000\"\n",
       {{"cursor-4f66", "1700000000"}, {"cursor-job", "s=0639;i=1;b=2"}}},
      {"long keys", "positions:\n  ? /a/very/long/key\n  : \"1\"\n", {{"/a/very/long/key", "1"}}},
      {"no UTF-8", "positions:\n  !!binary L/8=: \"1\"\n", {{"/\xFF", "1"}}},
      {"other keys beside", "positions:\n  /a: \"1\"\nmore: 3\n", {{"/a", "1"}}},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    std::string problem;
    const auto parsed = parse_positions(c.text, problem);
    REQUIRE(parsed);
    CHECK(*parsed == c.want);
  }
}

TEST_CASE("damaged positions files are told from good ones") {
  for (const std::string& damaged :
       {std::string(100, '\0'), std::string("positions:\n  /a: \"1"), std::string("{[%\x01\xff"),
        std::string("- a\n"), std::string("text"), std::string("positions: 3\n"),
        std::string("positions:\n/a: \"1\"\n"), std::string("positions: {a: [1]}\n"),
        std::string("positions:\n  /a: \"1\"\n") + std::string(10, '\0')}) {
    std::string problem;
    CHECK_FALSE(parse_positions(damaged, problem));
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("what is written can be read again, whatever is in the keys") {
  PositionEntries entries = {{"/var/log/a.log", "12"},
                             {"/with space: and # signs", "3"},
                             {"/quote\"and\\backslash", "4"},
                             {"/line\nbreak\ttab\x01\x7f", "5"},
                             {"/umlaut-\xc3\xa4-\xe2\x80\xa8-\xc2\x85-\xf0\x9f\x98\x80", "6"},
                             {"/" + std::string(3000, 'x'), "7"},
                             {"/true", "8"},
                             {"cursor-x", "s=1;i=2: \"#"},
                             {"null", "~"},
                             {"-", ""}};
  std::string problem;
  const auto parsed = parse_positions(text(entries), problem);
  INFO(problem << text(entries));
  REQUIRE(parsed);
  CHECK(*parsed == entries);
  entries["/not utf-8 \xff"] = "1";
  CHECK(parse_positions(text(entries), problem) == entries);
  CHECK(text({{"/var/log/a.log", "12"}}) == "positions:\n  /var/log/a.log: \"12\"\n");
  CHECK(text({{"/\xFF", "12"}}) == "positions:\n  !!binary \"L/8=\": \"12\"\n");
}

TEST_CASE("a log of identities is replayed, damaged lines or not") {
  PositionsState state;
  state.digests = {1, 2};
  for (GenerationId id = 1; id <= 20; ++id) {
    KnownFile file;
    file.path = "/logs/with space %\n" + std::to_string(id);
    if (id % 5 != 0) file.identity = facts(id).identity;
    file.offset = 10 * id;
    state.files[id] = file;
    state.places[file.path] = {id, id % 2 == 0};
  }
  state.values["cursor-\xff x"] = "a b\nc";
  const std::string log = format_log(state);
  const Replay all = replay_log(log);
  CHECK(all.usable);
  CHECK_FALSE(all.torn);
  CHECK(all.damaged == 0);
  CHECK(format_log(all.state) == log);

  // Torn anywhere: what is before counts.
  for (std::size_t size = 0; size < log.size(); size += 7) {
    const Replay torn = replay_log(std::string_view(log).substr(0, size));
    CHECK(torn.state.files.size() <= state.files.size());
    for (const auto& [id, file] : torn.state.files) CHECK(file.offset == state.files.at(id).offset);
  }
  // A byte flipped anywhere: nothing wrong comes out.
  for (std::size_t i = 30; i < log.size(); i += 3) {
    std::string flipped = log;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    for (const auto& [id, file] : replay_log(flipped).state.files) {
      CHECK(file.offset == state.files.at(id).offset);
      CHECK(file.identity == state.files.at(id).identity);
    }
  }
  CHECK_FALSE(replay_log("something else\n").usable);
}

TEST_CASE("what is settled survives: flushed without a sync, written with one") {
  const Bench bench;
  const bool written = GENERATE(false, true);
  {
    Positions positions(bench.file);
    positions.load();
    const GenerationId id = positions.add("/logs/a.log", facts(7), 0);
    positions.place("/logs/a.log", id);
    const auto reader = positions.start_reading(id, 0);
    positions.flush();
    positions.settled(id, reader, 42);
    if (written) {
      CHECK(positions.write() == "");
      CHECK(slurp(bench.file) == "positions:\n  /logs/a.log: \"42\"\n");
    } else {
      positions.flush();
    }
  }
  Positions again(bench.file);
  again.load();
  const auto last = again.last_at("/logs/a.log");
  REQUIRE(last);
  CHECK(last->offset == 42);
  CHECK(last->identity == facts(7).identity);
  CHECK_FALSE(last->followed);
  CHECK(again.with_inode(7).size() == 1);
  CHECK(again.unfinished().size() == 1);
}

TEST_CASE("two readers: the lesser offset counts") {
  Positions positions("");
  const GenerationId id = positions.add("/a", facts(1), 0);
  const auto first = positions.start_reading(id, 0);
  const auto second = positions.start_reading(id, 0);
  positions.settled(id, first, 50);
  CHECK(positions.find(id)->offset == 0);
  positions.settled(id, second, 20);
  CHECK(positions.find(id)->offset == 20);
  positions.stop_reading(id, second, true);
  CHECK(positions.find(id)->offset == 50);
  CHECK_FALSE(positions.find(id)->finished);
  positions.stop_reading(id, first, true);
  CHECK(positions.find(id)->finished);
  CHECK(positions.unfinished().empty());
}

TEST_CASE("only what is at a path now is in positions.yaml; other keys stay") {
  const Bench bench;
  overwrite(bench.file, "positions:\n  cursor-job: s=1\n  /old: 3\n  /bad: x\n");
  Positions positions(bench.file);
  positions.load();
  CHECK(positions.value("cursor-job") == "s=1");
  CHECK(positions.last_at("/old")->offset == 3);
  CHECK_FALSE(positions.last_at("/old")->identity);
  CHECK_FALSE(positions.last_at("/bad"));
  const GenerationId first = positions.add("/a", facts(1), 10);
  positions.place("/a", first);
  const GenerationId second = positions.add("/a", facts(2), 5);
  positions.place("/a", second);
  const GenerationId gone = positions.add("/b", facts(3), 5);
  positions.place("/b", gone);
  positions.clear_place("/b");
  positions.set_value("cursor-new", "x");
  CHECK(positions.write() == "");
  CHECK(slurp(bench.file) ==
        "positions:\n  /a: \"5\"\n  /old: \"3\"\n  cursor-job: \"s=1\"\n  cursor-new: \"x\"\n");
}

TEST_CASE("a key of another kind of source that is removed stays so") {
  const Bench bench;
  {
    Positions positions(bench.file);
    positions.load();
    positions.set_value("cursor-a", "1");
    positions.set_value("cursor-b", "2");
    CHECK(positions.write() == "");
    positions.remove_value("cursor-a");
    positions.remove_value("cursor-none");
    positions.flush();
  }
  Positions positions(bench.file);
  positions.load();
  CHECK_FALSE(positions.value("cursor-a"));
  CHECK(positions.value("cursor-b") == "2");
  CHECK(positions.write() == "");
  CHECK(slurp(bench.file) == "positions:\n  cursor-b: \"2\"\n");
}

TEST_CASE("Promtail ran in between, or somebody removed the file: positions.yaml is the truth") {
  const Bench bench;
  {
    Positions positions(bench.file);
    positions.load();
    positions.place("/a", positions.add("/a", facts(1), 10));
    CHECK(positions.write() == "");
  }
  SECTION("Promtail") { overwrite(bench.file, "positions:\n  /a: \"99\"\n"); }
  SECTION("removed") { fs::remove(bench.file); }
  Positions positions(bench.file);
  positions.load();
  const auto last = positions.last_at("/a");
  if (fs::exists(bench.file)) {
    REQUIRE(last);
    CHECK(last->offset == 99);
    CHECK_FALSE(last->identity);
  } else {
    CHECK_FALSE(last);
  }
}

TEST_CASE("killed between the two files: either text of positions.yaml is ours") {
  const Bench bench;
  Positions positions(bench.file);
  positions.load();
  const GenerationId id = positions.add("/a", facts(1), 10);
  positions.place("/a", id);
  CHECK(positions.write() == "");
  const std::string before = slurp(bench.file);
  const auto reader = positions.start_reading(id, 10);
  positions.settled(id, reader, 20);
  CHECK(positions.write() == "");
  const std::string after = slurp(bench.file);
  // As it is when the log names both texts: without its last line.
  std::string log = slurp(bench.log);
  log.resize(log.rfind('\n', log.size() - 2) + 1);
  for (const std::string& yaml : {before, after}) {
    overwrite(bench.file, yaml);
    overwrite(bench.log, log);
    Positions again(bench.file);
    again.load();
    CHECK(again.last_at("/a")->identity == facts(1).identity);
    CHECK(again.last_at("/a")->offset == 20);
  }
}

TEST_CASE("a damaged positions file is set aside, and what is known beside it is used") {
  const Bench bench;
  const bool with_log = GENERATE(true, false);
  {
    Positions positions(bench.file);
    positions.load();
    positions.place("/a", positions.add("/a", facts(1), 10));
    CHECK(positions.write() == "");
  }
  overwrite(bench.file, std::string(50, '\0'));
  if (!with_log) overwrite(bench.log, std::string(50, '\0'));
  Positions positions(bench.file);
  positions.load();
  CHECK(positions.last_at("/a").has_value() == with_log);
  bool aside = false;
  for (const auto& entry : fs::directory_iterator(bench.folder.path())) {
    aside = aside || entry.path().filename().string().starts_with("positions.yaml.corrupt-");
  }
  CHECK(aside);
  CHECK(positions.write() == "");
  CHECK(slurp(bench.file) == (with_log ? "positions:\n  /a: \"10\"\n" : "positions: {}\n"));
}

TEST_CASE("killed after a damaged positions file was set aside: what is known beside it is used again") {
  const Bench bench;
  {
    Positions positions(bench.file);
    positions.load();
    positions.place("/a", positions.add("/a", facts(1), 10));
    CHECK(positions.write() == "");
  }
  overwrite(bench.file, std::string(50, '\0'));
  const bool flushed = GENERATE(true, false);
  {
    Positions positions(bench.file);
    positions.load();
    if (flushed) positions.flush();
  }
  Positions again(bench.file);
  again.load();
  REQUIRE(again.last_at("/a").has_value());
  CHECK(again.last_at("/a")->offset == 10);
}

TEST_CASE("nothing is written where nothing has changed, and modes are kept") {
  const Bench bench;
  Positions positions(bench.file);
  positions.load();
  const GenerationId id = positions.add("/a", facts(1), 0);
  positions.place("/a", id);
  const auto reader = positions.start_reading(id, 0);
  CHECK(positions.write() == "");
  struct stat status {};
  REQUIRE(::stat(bench.file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const ino_t inode = status.st_ino;
  CHECK(positions.write() == "");
  REQUIRE(::stat(bench.file.c_str(), &status) == 0);
  CHECK(status.st_ino == inode);
  REQUIRE(::chmod(bench.file.c_str(), 0640) == 0);
  positions.settled(id, reader, 5);
  CHECK(positions.write() == "");
  REQUIRE(::stat(bench.file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a folder that cannot be written to is told each time, and made up for later") {
  const TempFolder folder;
  const std::string file = folder / "missing/positions.yaml";
  Positions positions(file);
  positions.load();
  positions.place("/a", positions.add("/a", facts(1), 7));
  positions.flush();
  CHECK_FALSE(positions.write().empty());
  CHECK_FALSE(positions.write().empty());
  fs::create_directories(folder / "missing");
  CHECK(positions.write() == "");
  CHECK(slurp(file) == "positions:\n  /a: \"7\"\n");
  Positions again(file);
  again.load();
  CHECK(again.last_at("/a")->identity == facts(1).identity);
}

TEST_CASE("the log stays small, however much is settled") {
  const Bench bench;
  Positions positions(bench.file);
  positions.load();
  const GenerationId id = positions.add("/a", facts(1), 0);
  positions.place("/a", id);
  const auto reader = positions.start_reading(id, 0);
  for (std::uint64_t offset = 1; offset < 100'000; ++offset) {
    positions.settled(id, reader, offset);
    positions.flush();
    if (offset % 1000 == 0) CHECK(positions.write() == "");
  }
  CHECK(fs::file_size(bench.log) < (std::size_t{2} << 20));
  positions.flush();
  Positions again(bench.file);
  again.load();
  CHECK(again.last_at("/a")->offset == 99'999);
}

TEST_CASE("files that exist nowhere any more are forgotten, those that are only renamed are not") {
  const Bench bench;
  for (const char* const name : {"followed", "renamed", "gone", "old"}) append(bench.folder / name, "x");
  const auto real = [&](const char* name) { return *stat_path((bench.folder / name).c_str()); };
  Positions positions(bench.file);
  overwrite(bench.file, "positions:\n  " + bench.folder / "old" + ": 1\n  /nowhere: 1\n  cursor-x: 1\n");
  positions.load();
  const GenerationId followed = positions.add(bench.folder / "followed", real("followed"), 1);
  positions.start_reading(followed, 1);
  const GenerationId renamed = positions.add(bench.folder / "renamed", real("renamed"), 1);
  const GenerationId gone = positions.add(bench.folder / "gone", real("gone"), 1);
  fs::remove(bench.folder / "followed");
  fs::rename(bench.folder / "renamed", bench.folder / "renamed.1");
  fs::remove(bench.folder / "gone");
  positions.clean_up();
  CHECK(positions.find(followed));
  CHECK(positions.find(renamed));
  CHECK_FALSE(positions.find(gone));
  CHECK(positions.last_at(bench.folder / "old"));
  CHECK_FALSE(positions.last_at("/nowhere"));
  CHECK(positions.value("cursor-x") == "1");
}

TEST_CASE("a file that is moved to another folder belongs to its path there, over a restart, too") {
  const Bench bench;
  const auto at = [](const Positions& positions, const char* path) {
    std::vector<GenerationId> ids;
    for (const auto& each : positions.all_at(path)) ids.push_back(each.id);
    return ids;
  };
  using Ids = std::vector<GenerationId>;
  GenerationId older, renamed, twice, late;
  {
    Positions positions = bench.open();
    older = positions.add("/2/b", facts(1), 0);
    renamed = positions.add("/1/a", facts(2), 0);
    twice = positions.add("/1/c", facts(3), 0);
    late = positions.add("/1/e", facts(4), 0);
    positions.place("/2/b", older);
    positions.place("/1/a", renamed);
    positions.clear_place("/1/a");
    positions.place("/2/b", renamed);
    CHECK(at(positions, "/1/a").empty());
    CHECK(at(positions, "/2/b") == Ids{older, renamed});
    // Within its folder it keeps its path.
    positions.clear_place("/2/b");
    positions.place("/2/g", renamed);
    CHECK(at(positions, "/2/g").empty());
    // Two names of one file, and a new name that is seen before the old one is missed.
    positions.place("/1/c", twice);
    positions.place("/2/d", twice);
    CHECK(at(positions, "/1/c") == Ids{twice});
    positions.place("/1/e", late);
    positions.place("/2/f", late);
    positions.clear_place("/1/e");
    CHECK(at(positions, "/2/f") == Ids{late});
    REQUIRE(positions.write().empty());
  }
  Positions positions = bench.open();
  positions.load();
  CHECK(at(positions, "/1/a").empty());
  CHECK(at(positions, "/2/b") == Ids{older, renamed});
  CHECK(at(positions, "/1/c") == Ids{twice});
  CHECK(at(positions, "/2/d").empty());
  CHECK(at(positions, "/1/e").empty());
  CHECK(at(positions, "/2/f") == Ids{late});
}

TEST_CASE("a file is recognized by what it is") {
  const TempFolder folder;
  const auto identity = [](const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto result = identify(file);
    ::close(file);
    return *result;
  };
  const auto same = [&](const std::string& path, const FileIdentity& known) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool result = is_same_file(file, *stat_file(file), known);
    ::close(file);
    return result;
  };
  append(folder / "a", "short");
  const FileIdentity a = identity(folder / "a").identity;
  CHECK(a.fingerprint_bytes == 5);
  append(folder / "a", std::string(5000, 'x'));
  CHECK(same(folder / "a", a));
  CHECK(identity(folder / "a").identity.fingerprint_bytes == kFingerprintBytes);
  fs::rename(folder / "a", folder / "b");
  CHECK(same(folder / "b", a));
  fs::copy_file(folder / "b", folder / "copy");
  CHECK_FALSE(same(folder / "copy", a));
  FileIdentity other_device = a;
  other_device.device = 12345;
  CHECK(same(folder / "b", other_device) == (a.born != 0));
  FileIdentity reused = a;
  reused.born += 1;
  if (a.born != 0) CHECK_FALSE(same(folder / "b", reused));
  overwrite(folder / "b", "other content");
  CHECK_FALSE(same(folder / "b", a));
  overwrite(folder / "b", "sho");
  CHECK_FALSE(same(folder / "b", a));
}

}  // namespace
}  // namespace lokitail::agent
