// Files as they live: they appear, grow, are renamed, deleted, truncated, and the agent comes and goes.
#include "agent/source/file/file_targets.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/compress.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;
using Lines = std::vector<std::string>;

TEST_CASE("lines of a file, at start and as they come") {
  TailScene scene;
  append(scene.log("a.log"), "one\ntwo\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  append(scene.log("a.log"), "three\n\nfour\r\n");
  REQUIRE(scene.wait_for(5));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "three", "", "four\r"});
  CHECK(scene.wait_settled(scene.log("a.log"), fs::file_size(scene.log("a.log"))));
}

TEST_CASE("a new file is found without a scan, in new folders too") {
  TailScene::Options options;
  options.pattern = "logs/**/*.log";
  options.use_inotify = GENERATE(true, false);
  options.sync = options.use_inotify ? 1h : 100ms;
  TailScene scene(options);
  scene.start();
  append(scene.log("a.log"), "one\n");
  REQUIRE(scene.wait_for(1));
  fs::create_directories(scene.log("deep/er"));
  append(scene.log("deep/er/b.log"), "two\n");
  append(scene.log("deep/er/b.txt"), "no\n");
  REQUIRE(scene.wait_for(2));
  CHECK(scene.lines("deep/er/b.log") == Lines{"two"});
}

TEST_CASE("a folder that is made, removed and made again") {
  TailScene scene;
  fs::remove_all(scene.logs());
  scene.start();
  for (std::size_t round = 1; round <= 3; ++round) {
    fs::create_directories(scene.logs());
    append(scene.log("a.log"), "line " + std::to_string(round) + '\n');
    REQUIRE(scene.wait_for(round));
    fs::remove_all(scene.logs());
  }
}

TEST_CASE("an unfinished line waits for its end") {
  TailScene scene;
  append(scene.log("a.log"), "whole\nbegin");
  scene.start();
  REQUIRE(scene.wait_for(1));
  append(scene.log("a.log"), "ning");
  CHECK(scene.stays([&] { return scene.count() == 1; }, 100ms));
  CHECK(scene.wait_settled(scene.log("a.log"), 6));
  append(scene.log("a.log"), " and end\nnext\n");
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log") == Lines{"whole", "beginning and end", "next"});
}

TEST_CASE("a long line is read whole, a longer one is cut and its rest skipped") {
  TailScene::Options options;
  options.max_line_bytes = GENERATE(std::size_t{1000}, std::size_t{600} * 1024);
  options.sync = 1h;
  const std::size_t most = options.max_line_bytes;
  TailScene scene(options);
  const std::string fits(most, 'f');
  const std::string exceeds(3 * most + 123, 'e');
  append(scene.log("a.log"), "before\n" + fits + "\n" + exceeds);
  scene.start();
  REQUIRE(scene.wait_for(3));
  // Nothing of the cut line is settled before its end is known.
  CHECK(scene.wait_settled(scene.log("a.log"), 7 + most + 1));
  append(scene.log("a.log"), exceeds);
  CHECK(scene.stays([&] { return scene.count() == 3; }, 50ms));
  append(scene.log("a.log"), "\nafter\n");
  REQUIRE(scene.wait_for(4));
  CHECK((scene.lines("a.log") == Lines{"before", fits, exceeds.substr(0, most), "after"}));
  CHECK(scene.wait_settled(scene.log("a.log"), fs::file_size(scene.log("a.log"))));
  CHECK(scene.targets().status().at(0).cut_lines == 1);
}

TEST_CASE("a long line that grows by small pieces") {
  TailScene scene;
  scene.start();
  std::string line;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(17'000, static_cast<char>('a' + i % 26));
    append(scene.log("a.log"), piece);
    line += piece;
    scene.turn();
  }
  append(scene.log("a.log"), "\nnext\n");
  REQUIRE(scene.wait_for(2));
  CHECK((scene.lines("a.log") == Lines{line, "next"}));
}

TEST_CASE("rename and create: no line lost, none twice") {
  TailScene::Options options;
  options.use_inotify = GENERATE(true, false);
  options.sync = options.use_inotify ? 1h : 50ms;
  TailScene scene(options);
  Application app(scene.log("a.log"));
  scene.start();
  for (int generation = 0; generation < 5; ++generation) {
    app.write(50);
    if (generation % 2 == 0) REQUIRE(scene.wait_for(app.written().size()));
    const fs::path old = app.numbered(1);
    app.rotate();
    append(old, app.next() + '\n');  // late, under the old name
    if (generation % 2 == 0) REQUIRE(scene.wait_for(app.written().size()));
  }
  app.write(1);
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.lines("a.log") == app.written());
}

TEST_CASE("rotated many times while the worker has to wait: every generation is kept, in order") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stall(true);
  for (std::uint64_t generation = 1; generation <= 20; ++generation) {
    app.write(10);
    app.rotate();
    app.write(3);
    REQUIRE(scene.until(
        [&] { return scene.targets().counters().rotated == generation && scene.targets().ready(); }));
  }
  // Those that are open already may go.
  for (int i = 3; i <= 20; ++i) fs::remove(app.numbered(i));
  scene.stall(false);
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.lines("a.log") == app.written());
  CHECK(scene.targets().counters().lost_bytes == 0);
}

TEST_CASE("rotated faster than anyone looks: what lies between is found beside") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  for (int generation = 0; generation < 4; ++generation) {
    app.write(5);
    app.rotate();
  }
  app.write(5);
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.lines("a.log") == app.written());
}

TEST_CASE("a rotated file that the pattern also matches is not read again, whatever it is called") {
  TailScene::Options options;
  options.pattern = "logs/a.log*";
  TailScene scene(options);
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  for (int generation = 0; generation < 4; ++generation) {
    REQUIRE(scene.wait_for(app.written().size()));
    app.rotate();
    app.write(10);
  }
  REQUIRE(scene.wait_for(app.written().size()));
  // Longer than the grace time: whoever still writes to it is heard.
  CHECK(scene.stays([&] { return scene.count() == app.written().size(); }, 600ms));
  append(app.numbered(2), "very late\n");
  REQUIRE(scene.wait_for(app.written().size() + 1));
  CHECK(scene.received().size() == 1);
  scene.stop();
  scene.start();
  app.write(1);
  REQUIRE(scene.wait_for(app.written().size() + 1));
  CHECK(scene.stays([&] { return scene.count() == app.written().size() + 1; }, 200ms));
  CHECK(scene.received().size() == 1);
}

TEST_CASE("a deleted file is read to its end, with its unfinished line, and let go of") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.stall(true);
  append(scene.log("a.log"), "two\nunfinished");
  fs::remove(scene.log("a.log"));
  REQUIRE(scene.until([&] { return scene.targets().counters().rotated == 1; }));
  scene.stall(false);
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "unfinished"});
  CHECK(scene.until([&] { return !scene.targets().ready(); }));
}

TEST_CASE("a file that is deleted and made anew, with or without a pause") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  fs::remove(scene.log("a.log"));
  append(scene.log("a.log"), "two\n");
  REQUIRE(scene.wait_for(2));
  fs::remove(scene.log("a.log"));
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  append(scene.log("a.log"), "three is longer than what was there before\n");
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log").size() == 3);
}

TEST_CASE("truncation") {
  TailScene scene;
  const fs::path path = scene.log("a.log");
  append(path, "the first text, 1\nthe first text, 2\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  SECTION("to nothing, and then less than before") {
    overwrite(path, "");
    append(path, "new\n");
    REQUIRE(scene.wait_for(3));
    CHECK(scene.wait_settled(path, 4));
  }
  SECTION("and at once longer than before") {
    overwrite(path, "another text, 1\nanother text, 2\nanother text, 3\n");
    REQUIRE(scene.wait_for(5));
    CHECK(scene.lines("a.log")[2] == "another text, 1");
  }
  SECTION("while an unfinished line waits") {
    append(path, "unfin");
    overwrite(path, "new\n");
    REQUIRE(scene.wait_for(3));
    CHECK(scene.lines("a.log")[2] == "new");
  }
  SECTION("under a writer that goes on at its old offset: the hole is skipped") {
    std::ofstream writer(path, std::ios::in | std::ios::out | std::ios::binary);
    writer.seekp(100'000);
    fs::resize_file(path, 0);
    writer << "after the hole\n" << std::flush;
    REQUIRE(scene.wait_for(3));
    CHECK(scene.lines("a.log")[2] == "after the hole");
  }
  SECTION("several times") {
    for (std::size_t round = 0; round < 5; ++round) {
      overwrite(path, "round " + std::to_string(round) + '\n');
      REQUIRE(scene.wait_for(3 + round));
    }
  }
  CHECK(scene.targets().counters().truncated >= 1);
}

// Lines as they are, under a label.
class PlainLines final : public LineDecoder {
 public:
  void attach(pipeline::SymbolTable& symbols) override { labels_.set(symbols.intern("plain"), "yes"); }
  void push(std::string_view line, pipeline::Timestamp read_time, pipeline::Pipeline& pipeline,
            pipeline::Origin* origin) override {
    pipeline.push(line, read_time, labels_, origin);
  }

 private:
  pipeline::Labels labels_;
};

TEST_CASE("of a removed target nothing is left, however often its files were truncated") {
  TailScene scene;
  FileTarget target = scene.target("logs/*.log");
  target.decoder = std::make_shared<PlainLines>();
  const std::weak_ptr<LineDecoder> decoder = target.decoder;
  scene.set_targets({target});
  const fs::path path = scene.log("a.log");
  append(path, "a text\n");
  scene.start();
  scene.set_targets({});
  REQUIRE(scene.wait_for(1));
  const std::size_t rounds = GENERATE(std::size_t{0}, std::size_t{3});
  for (std::size_t round = 0; round < rounds; ++round) {
    REQUIRE(scene.wait_settled(path, fs::file_size(path)));
    overwrite(path, "round " + std::to_string(round) + '\n');
    REQUIRE(scene.wait_for(2 + round));
  }
  scene.targets().remove(std::exchange(target, {}));
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  CHECK(scene.until([&] { return decoder.expired(); }, 2s));
}

TEST_CASE("symbolic links") {
  TailScene scene;
  const fs::path elsewhere = scene.folder().path() / "elsewhere";
  fs::create_directories(elsewhere);
  SECTION("the link is the name; a link that is switched is a rotation") {
    append(elsewhere / "v1", "one\n");
    append(elsewhere / "v2", "two\n");
    fs::create_symlink(elsewhere / "v1", scene.log("a.log"));
    scene.start();
    REQUIRE(scene.wait_for(1));
    fs::create_symlink("../elsewhere/v2", scene.log("next"));
    fs::rename(scene.log("next"), scene.log("a.log"));
    REQUIRE(scene.wait_for(2));
    append(elsewhere / "v2", "three\n");
    REQUIRE(scene.wait_for(3));
    CHECK(scene.lines("a.log") == Lines{"one", "two", "three"});
  }
  SECTION("what the link leads to is rotated in its own folder") {
    Application app(elsewhere / "real.log");
    app.write(5);
    fs::create_symlink(elsewhere / "real.log", scene.log("a.log"));
    scene.start();
    REQUIRE(scene.wait_for(5));
    for (int generation = 0; generation < 3; ++generation) {
      app.rotate();
      app.write(5);
      REQUIRE(scene.wait_for(app.written().size()));
    }
    CHECK(scene.lines("a.log") == app.written());
    app.write(5);
    app.rotate();
    app.write(5);
    app.rotate();
    app.write(5);
    REQUIRE(scene.wait_for(app.written().size()));
    CHECK(scene.lines("a.log") == app.written());
  }
  SECTION("two links to one file are read once") {
    append(elsewhere / "v1", "one\n");
    fs::create_symlink(elsewhere / "v1", scene.log("a.log"));
    fs::create_symlink(elsewhere / "v1", scene.log("b.log"));
    scene.start();
    REQUIRE(scene.wait_for(1));
    CHECK(scene.stays([&] { return scene.count() == 1; }, 100ms));
  }
}

TEST_CASE("one file and two targets: equal labels read it once, different ones twice") {
  TailScene scene;
  scene.set_targets({scene.target("logs/*.log", {{"job", "x"}}), scene.target("logs/a.*", {{"job", "x"}}),
                     scene.target("logs/**/a.log", {{"job", "y"}})});
  append(scene.log("a.log"), "one\ntwo\n");
  scene.start();
  REQUIRE(scene.wait_for(4));
  fs::rename(scene.log("a.log"), scene.log("a.log.1"));
  append(scene.log("a.log"), "three\n");
  REQUIRE(scene.wait_for(6));
  CHECK(scene.stays([&] { return scene.count() == 6; }, 100ms));
  CHECK(scene.received().size() == 2);
  for (const auto& [labels, lines] : scene.received()) CHECK(lines == Lines{"one", "two", "three"});
}

TEST_CASE("the label filename is ours; excluded files, folders and pipes are left alone") {
  TailScene scene;
  FileTarget target = scene.target("logs/*", {{"filename", "theirs"}});
  target.exclude = scene.folder() / "logs/no*";
  scene.set_targets({target});
  append(scene.log("no.log"), "no\n");
  fs::create_directories(scene.log("folder"));
  REQUIRE(::mkfifo(scene.log("pipe").c_str(), 0600) == 0);
  fs::create_symlink(scene.log("loop"), scene.log("loop"));
  append(scene.log("yes.log"), "yes\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  append(scene.log("no2.log"), "no\n");
  append(scene.log("yes2.log"), "yes\n");
  REQUIRE(scene.wait_for(2));
  CHECK(scene.stays([&] { return scene.count() == 2; }, 100ms));
  CHECK(scene.lines("yes.log") == Lines{"yes"});
  CHECK(scene.lines("yes2.log") == Lines{"yes"});
}

TEST_CASE("after a restart it goes on where it was") {
  const bool killed = GENERATE(false, true);
  const auto end = [killed](TailScene& scene) {
    if (!killed) return scene.stop();
    // What is settled is on disk soon, without a sync.
    const auto settled_on_disk = [&scene] {
      const Replay replay = replay_log(slurp(scene.positions_file() + ".identities"));
      for (const auto& [id, file] : replay.state.files) {
        if (file.offset == fs::file_size(scene.log("a.log"))) return true;
      }
      return false;
    };
    REQUIRE(scene.until([&] { return scene.unsettled() == 0 && settled_on_disk(); }));
    scene.crash();
  };
  TailScene scene;
  Application app(scene.log("a.log"));
  for (int round = 0; round < 3; ++round) {
    app.write(10);
    scene.start();
    app.write(10);
    REQUIRE(scene.wait_for(app.written().size()));
    end(scene);
  }
  CHECK(scene.lines("a.log") == app.written());
}

TEST_CASE("what happens while the agent is down") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stop();
  SECTION("rotated: the rest first") {
    app.write(5);
    app.rotate();
    app.write(5);
  }
  SECTION("rotated, and nothing there yet") {
    app.write(5);
    app.rotate();
  }
  SECTION("rotated several times: everything, in order") {
    for (int i = 0; i < 3; ++i) {
      app.write(5);
      app.rotate();
    }
    app.write(5);
  }
  SECTION("rotated, and called otherwise") {
    app.write(5);
    fs::rename(app.path(), scene.log("elsewhere"));
    app.write(5);
  }
  scene.start();
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.stays([&] { return scene.count() == app.written().size(); }, 500ms));
  CHECK(scene.lines("a.log") == app.written());
  CHECK(scene.targets().counters().lost_bytes == 0);
}

void compress_file(const fs::path& path, Compression compression, const std::string& ending) {
  overwrite(path.string() + ending, lokitail::test::compressed(slurp(path), compression));
  fs::remove(path);
}

TEST_CASE("rotated and compressed while the agent is down: it goes on in what was unpacked") {
  using enum Compression;
  const auto [compression, ending] = GENERATE(table<Compression, std::string>(
      {{kGzip, ".gz"}, {kBzip2, ".bz2"}, {kXz, ".xz"}, {kZstd, ".zst"}, {kZip, ".zip"}, {kGzip, ""}}));
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stop();
  app.write(5);
  app.rotate();
  app.write(4000);
  app.rotate();
  for (const char* const name : {"a.log.1", "a.log.2"}) {
    const fs::path packed = scene.log(name).string() + (ending.empty() ? ".packed" : "");
    if (ending.empty()) {  // what is compressed has no name that says so
      fs::rename(scene.log(name), packed);
      overwrite(scene.log(name), lokitail::test::compressed(slurp(packed), compression));
      fs::remove(packed);
    } else {
      compress_file(packed, compression, ending);
    }
  }
  app.write(5);
  scene.start();
  SECTION("at once") {}
  SECTION("with another stop before it is settled") {
    scene.settles(false);
    REQUIRE(scene.wait_for(1000));
    scene.crash();
    scene.settles(true);
    scene.start();
  }
  const bool all = scene.until([&] {
    const auto lines = scene.lines("a.log");
    return std::set<std::string>(lines.begin(), lines.end()).size() == app.written().size();
  });
  INFO(ending << ": " << scene.count() << " of " << app.written().size());
  REQUIRE(all);
  if (scene.count() == app.written().size()) CHECK(scene.lines("a.log") == app.written());
  CHECK(scene.targets().counters().lost_bytes == 0);
  // And that was all of it: after one more start nothing comes again.
  REQUIRE(scene.until([&] { return scene.targets().counters().failed == 0; }));
  scene.stop();
  const std::size_t count = scene.count();
  scene.start();
  CHECK(scene.stays([&] { return scene.count() == count; }, 300ms));
}

// The kubelet's steps as fast as they go, without a look at what the agent has seen in between: files are renamed,
// compressed and removed while they are opened and listed.
TEST_CASE("rotated and compressed while the agent looks") {
  constexpr int kTrials = 20;
  constexpr int kRotations = 6;
  for (int trial = 0; trial < kTrials; ++trial) {
    TailScene scene;
    Application app(scene.log("a.log"));
    app.write(5);
    scene.start();
    REQUIRE(scene.wait_for(5));
    std::thread rotating([&] {
      fs::path last;
      for (int i = 0; i < kRotations; ++i) {
        if (!last.empty()) {
          const std::string packed = last.string() + ".tmp";
          overwrite(packed, lokitail::test::compressed(slurp(last), Compression::kGzip));
          fs::rename(packed, last.string() + ".gz");
          fs::remove(last);
        }
        last = app.path().string() + ".20261123-10490" + std::to_string(i);
        fs::rename(app.path(), last);
        app.write(30);
        std::this_thread::sleep_for(std::chrono::microseconds(trial * 100));
      }
    });
    const std::size_t all = 5 + 30 * kRotations;
    const bool arrived = scene.until([&] { return scene.count() >= all; }, 10s);
    rotating.join();
    INFO("trial " << trial << ": " << scene.count() << " of " << all);
    REQUIRE(arrived);
    CHECK(scene.lines("a.log") == app.written());
    CHECK(scene.stays([&] { return scene.count() == all; }, 50ms));
    CHECK(scene.targets().counters().lost_bytes == 0);
  }
}

TEST_CASE("compressed after it was read: it is not read again") {
  TailScene::Options options;
  options.pattern = GENERATE("logs/*.log", "logs/a.log*");
  TailScene scene(options);
  Application app(scene.log("a.log"));
  app.write(20);
  scene.start();
  REQUIRE(scene.wait_for(20));
  app.rotate();
  app.write(5);
  REQUIRE(scene.wait_for(25));
  SECTION("while the agent looks") { compress_file(scene.log("a.log.1"), Compression::kGzip, ".gz"); }
  SECTION("while it is down, with other things that happen") {
    scene.stop();
    compress_file(scene.log("a.log.1"), Compression::kGzip, ".gz");
    app.write(5);
    fs::rename(scene.log("a.log.1.gz"), scene.log("a.log.2.gz"));
    fs::rename(scene.log("a.log"), scene.log("a.log.1"));
    compress_file(scene.log("a.log.1"), Compression::kGzip, ".gz");
    app.write(5);
    scene.start();
  }
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.stays([&] { return scene.count() == app.written().size(); }, 300ms));
}

TEST_CASE("copied and truncated: what was not read is read in the copy, and nothing twice") {
  TailScene::Options options;
  options.pattern = GENERATE("logs/*.log", "logs/a.log*");
  TailScene scene(options);
  Application app(scene.log("a.log"));
  const auto copy_and_truncate = [&](std::chrono::milliseconds between) {
    fs::copy_file(app.path(), scene.log("a.log.1"));
    if (between > 0ms) CHECK(scene.stays([&] { return scene.count() <= app.written().size(); }, between));
    fs::resize_file(app.path(), 0);
  };
  app.write(20);
  scene.start();
  REQUIRE(scene.wait_for(20));
  SECTION("while it looks") {
    copy_and_truncate(0ms);
    app.write(5);
  }
  SECTION("with a pause between the copy and its truncation") {
    copy_and_truncate(400ms);
    app.write(5);
  }
  SECTION("with lines that are not read yet") {
    scene.stall(true);
    app.write(5000);
    copy_and_truncate(50ms);
    app.write(5);
    scene.turn();
    scene.stall(false);
  }
  SECTION("while it is down, and beyond where it was") {
    scene.stop();
    app.write(7);
    copy_and_truncate(0ms);
    app.write(300);
    scene.start();
  }
  SECTION("while it is down, and compressed") {
    scene.stop();
    app.write(7);
    copy_and_truncate(0ms);
    compress_file(scene.log("a.log.1"), Compression::kGzip, ".gz");
    app.write(3);
    scene.start();
  }
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.stays([&] { return scene.count() == app.written().size(); }, 300ms));
  if (options.pattern == "logs/*.log") CHECK(scene.lines("a.log") == app.written());
  CHECK(scene.targets().counters().lost_bytes == 0);
}

TEST_CASE("copies from before the agent came are left alone") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(20);
  overwrite(scene.log("a.log.1"), "an old one, 1\nan old one, 2\n");
  overwrite(scene.log("a.log.2"), "an older one, 1\nan older one, 2\n");
  scene.start();
  REQUIRE(scene.wait_for(20));
  const bool down = GENERATE(false, true);
  if (down) scene.stop();
  fs::rename(scene.log("a.log.2"), scene.log("a.log.3"));
  fs::rename(scene.log("a.log.1"), scene.log("a.log.2"));
  fs::copy_file(app.path(), scene.log("a.log.1"));
  fs::resize_file(app.path(), 0);
  app.write(5);
  if (down) scene.start();
  REQUIRE(scene.wait_for(25));
  CHECK(scene.stays([&] { return scene.count() == 25; }, 300ms));
  CHECK(scene.lines("a.log") == app.written());
}

TEST_CASE("generations that were found and not read keep their order over another restart") {
  TailScene scene;
  Application app(scene.log("a.log"));
  app.write(10);
  scene.start();
  REQUIRE(scene.wait_for(10));
  scene.stop();
  for (int i = 0; i < 3; ++i) {
    app.write(5);
    app.rotate();
  }
  app.write(5);
  scene.stall(true);
  scene.start();
  REQUIRE(scene.until([&] { return scene.targets().ready() && scene.targets().status().size() == 4; }));
  scene.stop();
  REQUIRE(scene.count() == 10);
  app.rotate();
  app.write(5);
  scene.start();
  scene.stall(false);
  REQUIRE(scene.wait_for(app.written().size()));
  CHECK(scene.lines("a.log") == app.written());
  CHECK(scene.targets().counters().lost_bytes == 0);
}

TEST_CASE("rotated with an unfinished line while the agent is down") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.stop();
  append(scene.log("a.log"), "two\nunfin");
  fs::rename(scene.log("a.log"), scene.log("a.log.1"));
  append(scene.log("a.log"), "three\n");
  scene.start();
  // Somebody may still finish it.
  REQUIRE(scene.wait_for(3));
  append(scene.log("a.log.1"), "ished\nno end");
  REQUIRE(scene.wait_for(5));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "three", "unfinished", "no end"});
}

TEST_CASE("replaced while the agent is down: by a longer file, by one with the same beginning, truncated") {
  TailScene scene;
  const fs::path path = scene.log("a.log");
  append(path, "head\none\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  scene.stop();
  SECTION("a longer file") {
    fs::remove(path);
    append(path, "first line of the new file\nsecond\n");
  }
  SECTION("the same beginning") {
    fs::rename(path, scene.log("kept"));
    append(path, "head\none\n");
  }
  SECTION("truncated and longer again") { overwrite(path, "something else\nand more\n"); }
  scene.start();
  REQUIRE(scene.wait_for(4));
  CHECK(scene.stays([&] { return scene.count() == 4; }, 100ms));
}

TEST_CASE("gone while the agent is down, unread: it is told and counted") {
  TailScene scene;
  const fs::path path = scene.log("a.log");
  append(path, "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.settles(false);
  append(path, "not settled\n");
  REQUIRE(scene.wait_for(2));
  scene.targets().stop();
  scene.positions().seen(scene.positions().last_at(path.string())->id, 16, 0);
  CHECK(scene.positions().write() == "");
  scene.crash();
  fs::remove(path);
  append(path, "new\n");
  scene.settles(true);
  scene.start();
  REQUIRE(scene.wait_for(3));
  CHECK(scene.targets().counters().lost_bytes > 0);
}

TEST_CASE("Promtail's positions are taken over, and going back works") {
  TailScene scene;
  const std::string path = scene.log("a.log").string();
  append(path, "one\ntwo\nthree\n");
  append(scene.log("b.log"), "short\n");
  overwrite(scene.positions_file(), "positions:\n  " + path + ": \"4\"\n  " + scene.log("b.log").string() +
                                        ": \"100\"\n  cursor-x: \"s=1;i=2\"\n");
  scene.start();
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log") == Lines{"two", "three"});
  CHECK(scene.lines("b.log") == Lines{"short"});
  scene.stop();
  const std::string text = slurp(scene.positions_file());
  CHECK(text.find(path + ": \"14\"\n") != std::string::npos);
  CHECK(text.find("cursor-x: \"s=1;i=2\"\n") != std::string::npos);
  // Promtail ran meanwhile.
  append(path, "four\nfive\n");
  overwrite(scene.positions_file(), "positions:\n  " + path + ": \"19\"\n");
  scene.forget_received();
  scene.start();
  REQUIRE(scene.wait_for(1));
  CHECK(scene.stays([&] { return scene.count() <= 2; }, 100ms));
  CHECK(scene.lines("a.log") == Lines{"five"});
}

TEST_CASE("nothing is recorded before it is settled") {
  TailScene scene;
  scene.settles(false);
  const fs::path path = scene.log("a.log");
  append(path, "one\ntwo\n");
  scene.start();
  REQUIRE(scene.wait_for(2));
  CHECK(scene.stays([&] { return scene.positions().last_at(path.string())->offset == 0; }, 50ms));
  CHECK(scene.positions().write() == "");
  CHECK(slurp(scene.positions_file()).find(path.string() + ": \"0\"") != std::string::npos);
  scene.crash();
  scene.settles(true);
  scene.start();
  REQUIRE(scene.wait_for(4));
  CHECK(scene.lines("a.log") == Lines{"one", "two", "one", "two"});
}

TEST_CASE("too many rotated files at once: the oldest is given up, and counted") {
  TailScene::Options options;
  options.most_retired = 3;
  TailScene scene(options);
  Application app(scene.log("a.log"));
  app.write(1);
  scene.start();
  REQUIRE(scene.wait_for(1));
  scene.stall(true);
  for (std::uint64_t generation = 1; generation <= 6; ++generation) {
    app.write(1);
    app.rotate();
    app.write(1);
    REQUIRE(scene.until([&] { return scene.targets().counters().rotated == generation; }));
  }
  CHECK(scene.targets().counters().lost_bytes > 0);
  scene.stall(false);
  REQUIRE(scene.until(
      [&] { return !scene.lines("a.log").empty() && scene.lines("a.log").back() == app.written().back(); }));
}

constexpr int kMany = 8;

std::string one_of_many(int i) { return "a" + std::to_string(i) + ".log"; }

// Each has a line, which is read; further ones are not.
void start_with_many(TailScene& scene) {
  for (int i = 0; i < kMany; ++i) append(scene.log(one_of_many(i)), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(kMany));
  scene.stall(true);
}

// REQUIRES: those before it are rotated.
void rotate_one_of_many(TailScene& scene, int i) {
  fs::rename(scene.log(one_of_many(i)), scene.log(one_of_many(i) + ".1"));
  const auto rotated = static_cast<std::uint64_t>(i) + 1;
  REQUIRE(scene.until([&] { return scene.targets().counters().rotated == rotated; }));
}

TEST_CASE("too many rotated files at once: those that are read make room first") {
  TailScene::Options options;
  options.pattern = "logs/*.log";
  options.most_retired = 3;
  options.grace = 1min;
  TailScene scene(options);
  start_with_many(scene);
  append(scene.log(one_of_many(0)), "two\n");
  for (int i = 0; i < kMany; ++i) {
    rotate_one_of_many(scene, i);
  }
  CHECK(scene.targets().counters().lost_bytes == 0);
  scene.stall(false);
  REQUIRE(scene.wait_for(kMany + 1));
  CHECK(scene.lines(one_of_many(0)) == Lines{"one", "two"});
}

TEST_CASE("too many rotated files at once: what is given up is counted once") {
  TailScene::Options options;
  options.most_retired = 3;
  options.grace = 1min;
  TailScene scene(options);
  start_with_many(scene);
  for (int i = 0; i < kMany; ++i) {
    append(scene.log(one_of_many(i)), "two\n");
    rotate_one_of_many(scene, i);
  }
  CHECK(scene.targets().counters().lost_bytes == 4);
  scene.stall(false);
  REQUIRE(scene.wait_for(2 * kMany - 1));
}

TEST_CASE("a target that is removed and added again") {
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  scene.start();
  REQUIRE(scene.wait_for(1));
  const FileTarget target = scene.target("logs/*.log");
  REQUIRE(scene.wait_settled(scene.log("a.log"), 4));
  scene.targets().remove(target);
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  append(scene.log("a.log"), "two\n");
  CHECK(scene.stays([&] { return scene.count() == 1; }, 50ms));
  scene.targets().add(target);
  REQUIRE(scene.wait_for(2));
  CHECK(scene.lines("a.log") == Lines{"one", "two"});
  // Other labels do not change where a file was left.
  scene.targets().remove(target);
  REQUIRE(scene.until([&] { return !scene.targets().ready(); }));
  scene.targets().add(scene.target("logs/*.log", {{"new", "label"}}));
  append(scene.log("a.log"), "three\n");
  REQUIRE(scene.wait_for(3));
  CHECK(scene.stays([&] { return scene.count() == 3; }, 50ms));
}

TEST_CASE("a file that may be read only later") {
  if (::geteuid() == 0) return;  // root may read everything
  TailScene scene;
  append(scene.log("a.log"), "one\n");
  ::chmod(scene.log("a.log").c_str(), 0);
  scene.start();
  CHECK(scene.stays([&] { return scene.count() == 0; }, 50ms));
  ::chmod(scene.log("a.log").c_str(), 0600);
  REQUIRE(scene.wait_for(1));
}

// The calling thread may read no more of files than anybody, while it lives.
class NoRights {
 public:
  NoRights() { ::setfsuid(kNobody); }
  ~NoRights() { ::setfsuid(::geteuid()); }

 private:
  static constexpr uid_t kNobody = 65534;
};

TEST_CASE("what cannot be read is told for as long as it is so") {
  TailScene::Options options;
  options.sync = 20ms;
  TailScene scene(options);
  fs::permissions(scene.folder().path(), fs::perms(0755));
  append(scene.log("a.log"), "one\n");
  fs::permissions(scene.log("a.log"), fs::perms::none);
  std::optional<NoRights> rights(std::in_place);
  scene.start();
  const auto unreadable = [&] { return scene.targets().unreadable().size(); };
  CHECK(scene.stays([&] { return unreadable() == 1; }, 100ms));
  CHECK(scene.targets().counters().failed == 1);
  SECTION("it can be read") {
    rights.reset();
    REQUIRE(scene.wait_for(1));
  }
  SECTION("it is gone") {
    rights.reset();
    fs::remove(scene.log("a.log"));
  }
  SECTION("nobody asks for it any more") { scene.targets().remove(scene.target("logs/*.log")); }
  CHECK(scene.until([&] { return unreadable() == 0; }, 2s));
}

}  // namespace
TEST_CASE("compressed files: every line once, also the unfinished one, and its number is the position") {
  TailScene scene;
  FileTarget target = scene.target("logs/*.gz");
  target.compression = Compression::kGzip;
  scene.set_targets({target});
  const auto packed = [](std::string_view text) {
    return lokitail::test::compressed(text, Compression::kGzip);
  };
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "x\n";  // more lines than bytes when compressed
  overwrite(scene.log("a.gz"), packed(many + "second\r\nlast"));
  scene.start();
  REQUIRE(scene.wait_for(2002));
  CHECK(scene.lines("a.gz")[2000] == "second");
  CHECK(scene.lines("a.gz").back() == "last");
  REQUIRE(scene.wait_settled(scene.log("a.gz"), 2002));

  SECTION("not again after a restart") {
    scene.stop();
    scene.start();
    CHECK(scene.stays([&] { return scene.count() == 2002; }, 500ms));
  }
  SECTION("what is appended is read") {
    append(scene.log("a.gz"), packed("more\n"));
    REQUIRE(scene.wait_for(2003));
    CHECK(scene.lines("a.gz").back() == "more");
  }
  SECTION("another file at the same path is another one") {
    fs::remove(scene.log("a.gz"));
    overwrite(scene.log("a.gz"), packed("new\n"));
    REQUIRE(scene.wait_for(2003));
    CHECK(scene.lines("a.gz").back() == "new");
  }
  SECTION("a damaged one is counted, and the others go on") {
    overwrite(scene.log("b.gz"), "this is not compressed\n");
    REQUIRE(scene.until([&] { return scene.targets().counters().failed == 1; }));
    overwrite(scene.log("c.gz"), packed("c\n"));
    REQUIRE(scene.wait_for(2003));
    CHECK(scene.targets().counters().failed == 1);
  }
}

TEST_CASE("compressed files that are asked for are read, though another target reads the log itself") {
  TailScene scene;
  FileTarget archive = scene.target("logs/*.gz", {{"archive", "yes"}});
  archive.compression = Compression::kGzip;
  scene.set_targets({scene.target("logs/*.log"), archive});
  append(scene.log("a.log"), "now\n");
  overwrite(scene.log("a.log.1.gz"), lokitail::test::compressed("before 1\nbefore 2\n", Compression::kGzip));
  scene.start();
  REQUIRE(scene.wait_for(3));
  overwrite(scene.log("a.log.2.gz"), lokitail::test::compressed("before 3\n", Compression::kGzip));
  REQUIRE(scene.wait_for(4));
}

TEST_CASE("a compressed file goes on after a crash at the line up to which it was settled") {
  TailScene::Options options;
  options.batch_size = 1000;
  TailScene scene(options);
  FileTarget target = scene.target("logs/*.gz");
  target.compression = Compression::kGzip;
  scene.set_targets({target});
  std::string text;
  std::vector<std::string> lines;
  for (int i = 0; i < 50'000; ++i) {
    lines.push_back("line " + std::to_string(i));
    text += lines.back() + '\n';
  }
  overwrite(scene.log("a.gz"), lokitail::test::compressed(text, Compression::kGzip));
  scene.settles(false);
  scene.start();
  REQUIRE(scene.wait_for(1000));
  REQUIRE(scene.until([&] {
    scene.settle(50);
    const auto last = scene.positions().last_at(scene.log("a.gz").string());
    return last && last->offset > 0;
  }));
  REQUIRE(scene.stays([] { return true; }, 100ms));  // so that it is on disk
  scene.crash();
  scene.forget_received();
  scene.start();
  const std::uint64_t left_at = scene.positions().last_at(scene.log("a.gz").string())->offset;
  REQUIRE(left_at > 0);
  REQUIRE(left_at < lines.size());
  scene.settles(true);
  REQUIRE(scene.wait_for(lines.size() - left_at));
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(left_at));
  CHECK(scene.lines("a.gz") == lines);
}

TEST_CASE("files in other encodings") {
  TailScene scene;
  FileTarget target = scene.target("logs/*.log");
  target.encoding = "utf-16le";
  scene.set_targets({target});
  using namespace std::string_view_literals;
  append(scene.log("a.log"),
         "\xFF\xFE"
         "o\0n\0e\0\r\0\n\0t\0w\0o\0\n\0"sv);
  scene.start();
  REQUIRE(scene.wait_for(2));
  append(scene.log("a.log"), "t\0h\0r\0\xAC\x20\n\0"sv);
  REQUIRE(scene.wait_for(3));
  CHECK(scene.lines("a.log") == std::vector<std::string>{"one\r", "two", "thr€"});
  CHECK(scene.wait_settled(scene.log("a.log"), fs::file_size(scene.log("a.log"))));
  scene.stop();
  append(scene.log("a.log"), "4\0\n\0"sv);
  scene.start();
  REQUIRE(scene.wait_for(4));
  CHECK(scene.lines("a.log").back() == "4");
}

}  // namespace lokitail::agent
