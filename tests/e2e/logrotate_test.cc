// The real logrotate beside the real agent.
//
// copytruncate has a gap of its own: what is written between its copying and its truncating is in no
// file any more. So either the writer pauses while logrotate runs, and each line has to arrive; or it
// does not, and what has to arrive is each line that logrotate left on disk, and nothing that was never
// written. An agent that is quick may have more than that. Nothing may arrive twice in either case.
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/process.h"

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLines = 20'000;
constexpr std::size_t kLinesPerWrite = 50;
constexpr std::size_t kRotations = 8;

// One `logrotate -f` for one log.
class Logrotate {
 public:
  Logrotate(std::string program, const fs::path& directory, const fs::path& log)
      : program_(std::move(program)),
        configuration_(directory / "logrotate.conf"),
        state_(directory / "logrotate.state") {
    write_file(configuration_, fmt::format("\"{}\" {{\n  rotate 100\n  copytruncate\n  nocompress\n"
                                           "  nodateext\n  missingok\n}}\n",
                                           log.string()));
    // It refuses what others may write to.
    fs::permissions(configuration_, fs::perms::owner_read | fs::perms::owner_write);
  }
  void run() const {
    const Finished finished = lokitail::test::run({program_, "-f", "-s", state_, configuration_});
    if (finished.exit_code != 0) throw std::runtime_error("logrotate: " + finished.err);
  }

 private:
  const std::string program_;
  const fs::path configuration_;
  const fs::path state_;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// All that is there, the oldest first: path.N, ..., path.1, path. What has no end is put apart: a copy
// that was made in the midst of a write may end in the midst of a line.
std::vector<std::string> lines_on_disk(const fs::path& path, std::set<std::string>& torn) {
  std::vector<fs::path> files = {path};
  for (int i = 1; fs::exists(fmt::format("{}.{}", path.string(), i)); ++i) {
    files.insert(files.begin(), fmt::format("{}.{}", path.string(), i));
  }
  std::vector<std::string> all;
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    std::vector<std::string> lines = split(text);
    if (!text.empty() && text.back() != '\n') {
      torn.insert(lines.back());
      lines.pop_back();
    }
    all.insert(all.end(), lines.begin(), lines.end());
  }
  return all;
}

}  // namespace

TEST_CASE("logrotate with copytruncate: each line that it leaves arrives, once") {
  const auto program = find_program("logrotate");
  if (!program) return skip("logrotate is not installed");
  const bool pauses = GENERATE(true, false);
  const bool copies_match = GENERATE(false, true);
  INFO("the writer pauses: " << pauses << ", the pattern matches copies: " << copies_match);
  Scene scene("batchwait: 10ms");
  scene.agent.jobs = {job("app", scene.logs / (copies_match ? "a.log*" : "a.log"))};
  LogWriter log("a", scene.logs / "a.log");
  const Logrotate logrotate(*program, scene.directory.path(), log.path());
  log.write(kLinesPerWrite);
  scene.agent.start();
  scene.require_all({&log});

  std::mutex pause;
  std::atomic<std::size_t> written = 0;
  std::thread writer([&] {
    while (log.written() < kLines) {
      {
        const auto held = pauses ? std::unique_lock(pause) : std::unique_lock<std::mutex>();
        log.write(kLinesPerWrite);
        written = log.written();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  std::size_t rotations = 0;
  std::string problem;
  while (rotations < kRotations && problem.empty()) {
    const std::size_t next = (rotations + 1) * kLines / (kRotations + 1);
    if (!eventually([&] { return written >= next; })) problem = "the writer stands still";
    const auto held = pauses ? std::unique_lock(pause) : std::unique_lock<std::mutex>();
    try {
      logrotate.run();
      ++rotations;
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }
  writer.join();
  CHECK(problem == "");
  REQUIRE(rotations == kRotations);
  CHECK(scene.agent.metric("lokitail_file_truncations_total") > 0);

  if (pauses) {
    CHECK(scene.require_all({&log}, 60s) == 0);
    CHECK(stays([&] { return scene.loki.stored_count() == log.written(); }, 1s));
    CHECK(scene.agent.metric("lokitail_lost_bytes_total") == 0);
    scene.agent.stop();
    return;
  }
  std::set<std::string> torn;
  const std::vector<std::string> left = lines_on_disk(log.path(), torn);
  const auto all_arrived = [&] {
    const std::vector<std::string> lines = scene.loki.lines();
    const std::set<std::string> arrived(lines.begin(), lines.end());
    return std::ranges::all_of(left, [&](const auto& line) { return arrived.contains(line); });
  };
  CHECK(eventually(all_arrived, 60s));
  scene.agent.stop();
  const std::vector<std::string> lines = scene.loki.lines();
  std::set<std::string> possible = torn;
  for (std::uint64_t i = 0; i < log.written(); ++i) possible.insert(log.line(i));
  std::vector<std::string> impossible;
  std::ranges::copy_if(lines, std::back_inserter(impossible),
                       [&](const auto& line) { return !possible.contains(line); });
  CHECK(impossible == std::vector<std::string>());
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());
  std::cout << log.written() << " written, " << left.size() << " left by " << rotations
            << " rotations, " << lines.size() << " arrived\n";
}
