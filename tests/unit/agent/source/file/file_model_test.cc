// Whatever happens to a log file, each of its lines arrives: random histories against a model of what
// was written. Without a crash each line arrives exactly once, and in order.
//
// LOKITAIL_MODEL_SEED repeats one history, LOKITAIL_MODEL_RUNS sets how many there are.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "tests/support/environment.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using namespace test;

class History {
 public:
  explicit History(unsigned long seed)
      : random_(seed),
        linked_(one_in(4)),
        all_names_(!linked_ && one_in(3)),
        options_(make_options()),
        scene_(options_),
        path_(scene_.log("a.log")),
        folder_(linked_ ? scene_.folder().path() / "elsewhere" : scene_.logs()) {
    fs::create_directories(folder_);
    create();
    write(3);
    start();
    REQUIRE(scene_.until([this] { return knows_current(); }));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    if (!scene_.running()) start();
    scene_.stall(false);
    scene_.settles(true);
    finish_line();
    const bool all = scene_.until([this] { return complete(); }, 15s);
    INFO(missing());
    REQUIRE(all);
    // Nothing comes twice later.
    CHECK(scene_.stays([this] { return complete(); }, 100ms));
    check();
    CHECK(scene_.wait_settled(path_, fs::file_size(path_)));
  }

  std::string story() const { return story_; }

 private:
  bool one_in(int n) { return between(1, n) == 1; }
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  TailScene::Options make_options() {
    TailScene::Options options;
    options.pattern = all_names_ ? "logs/a.log*" : "logs/*.log";
    options.use_inotify = !one_in(5);
    options.sync = options.use_inotify ? std::chrono::milliseconds(1h) : 30ms;
    options.grace = 100ms;
    options.batch_size = static_cast<std::size_t>(between(200, 5000));
    options.max_line_bytes = 1000;
    return options;
  }

  void step() {
    const int dice = between(1, 100);
    if (dice <= 30) return write(between(1, 40));
    if (dice <= 40) return write_part();
    if (dice <= 60) return turns(between(1, 10));
    if (dice <= 70) return rotate(1);
    if (dice <= 74) return rotate(between(2, 4));
    if (dice <= 76) return recreate();
    if (dice <= 79) return truncate();
    if (dice <= 82) return copy_and_truncate();
    if (dice <= 86) return stall();
    if (dice <= 92) return settle();
    if (dice <= 97) return restart();
    turns(150);  // longer than the grace time
  }

  // --- What the application does. ---

  std::string next_line(bool in_order) {
    const std::string number = std::to_string(lines_.size());
    std::string line = "line " + number + ' ';
    // No two lines have an end alike, by which one place in a file would look like another.
    for (int i = between(0, 30); i > 0; --i) line += number + '.';
    lines_.push_back({line, in_order});
    return line;
  }
  void write(int count) {
    tell("write " + std::to_string(count));
    std::string text;
    if (!part_.empty()) {
      text += "...\n";
      lines_[part_index_].text = part_ + "...";
      part_.clear();
    }
    for (int i = 0; i < count; ++i) text += next_line(true) + '\n';
    append(path_, text);
  }
  void write_part() {
    tell("part");
    if (!part_.empty()) return;
    part_index_ = lines_.size();
    part_ = next_line(true);
    append(path_, part_);
  }
  void finish_line() {
    if (!part_.empty()) write(0);
  }
  // The unfinished line will never be finished: it is sent as it is, late.
  // A file that goes on being matched is never taken for finished.
  void abandon_part() {
    if (part_.empty()) return;
    if (all_names_) return finish_line();
    lines_[part_index_].in_order = false;
    part_.clear();
  }
  fs::path rotated(int number) const { return (folder_ / "a.log").string() + '.' + std::to_string(number); }

  void create() {
    if (!linked_) {
      std::ofstream file(path_);
      return;
    }
    const fs::path target = folder_ / ("v" + std::to_string(++versions_));
    std::ofstream file(target);
    fs::create_symlink(target, scene_.folder() / "link");
    fs::rename(scene_.folder() / "link", path_);
  }
  void rotate(int times) {
    tell("rotate " + std::to_string(times));
    if (linked_ && times > 1) {
      // Who switches a link twice before anyone looks has no rotated name for what lies between.
      if (!scene_.running()) return;
      times = 1;
    }
    if (linked_ && !(scene_.running() ? wait_known() : !switched_)) return;
    for (int i = 0; i < times; ++i) {
      if (i > 0) write(between(1, 5));
      const bool late = part_.empty() && one_in(3) && scene_.running() && (linked_ || knows_current());
      const fs::path old = linked_ ? fs::read_symlink(path_) : rotated(1);
      abandon_part();
      if (!linked_) {
        make_room();
        fs::rename(path_, rotated(1));
      }
      switched_ = true;
      knows_head_ = true;
      create();
      if (late) append(old, next_line(false) + '\n');
    }
  }
  // For a new a.log.1.
  void make_room() {
    for (int number = 60; number > 1; --number) {
      if (fs::exists(rotated(number - 1))) fs::rename(rotated(number - 1), rotated(number));
    }
  }
  // What logrotate calls copytruncate.
  void copy_and_truncate() {
    if (linked_ || (!scene_.running() && !knows_head_)) return;
    finish_line();
    // Next to nothing is not recognized, nor is what was never looked at.
    if (fs::file_size(path_) < 64) write(4);
    if (scene_.running()) {
      scene_.stall(false);
      stalled_ = false;
      REQUIRE(scene_.until([this] { return knows_current() && knows_head(); }, 15s));
    }
    tell("copy and truncate");
    make_room();
    fs::copy_file(path_, rotated(1));
    if (one_in(2)) turns(between(1, 20));
    fs::resize_file(path_, 0);
    if (one_in(2)) write(between(1, 20));
  }
  void recreate() {
    if (!scene_.running() || !wait_known()) return;
    tell("recreate");
    abandon_part();
    fs::remove(linked_ ? fs::read_symlink(path_) : path_);
    deleted_ = true;
    switched_ = true;
    create();
  }
  // What is not read yet would be lost, rightly.
  void truncate() {
    if (!scene_.running() || linked_) return;
    finish_line();
    scene_.stall(false);
    REQUIRE(scene_.until([this] { return complete(); }, 15s));
    tell("truncate");
    overwrite(path_, one_in(2) ? "" : next_line(true) + '\n');
    if (one_in(2)) write(between(1, 20));
    // Until it is noticed, writing more must not make it look as it was.
    const auto before = scene_.targets().counters().truncated;
    REQUIRE(scene_.until([&] { return complete() || scene_.targets().counters().truncated > before; }, 15s));
  }

  // --- What happens to the agent. ---

  void start() {
    tell("start");
    scene_.settles(one_in(2));
    scene_.start();
    switched_ = false;
  }
  void restart() {
    if (!scene_.running()) return start();
    scene_.stall(false);
    stalled_ = false;
    knows_head_ = knows_current() && knows_head();
    // What is deleted can be read by the agent that has it open, and by no other.
    if (std::exchange(deleted_, false)) {
      REQUIRE(scene_.until([this] { return complete(); }, 15s));
    }
    if (one_in(2)) {
      tell("stop");
      scene_.stop();
    } else {
      tell("crash");
      // What is known on disk is at least that this path was tailed.
      turns(between(0, 60));
      REQUIRE(scene_.until([this] { return known_on_disk(); }));
      knows_head_ = knows_head_ && knows_head_on_disk();
      scene_.crash();
      crashed_ = true;
    }
  }
  bool known_on_disk() {
    if (!linked_) return !replay().state.files.empty();
    return on_disk() != nullptr;
  }
  bool knows_head_on_disk() {
    const KnownFile* const known = on_disk();
    return known == nullptr || known->identity->fingerprint_bytes >= 64;
  }
  // What is on disk about the present file.
  const KnownFile* on_disk() {
    const auto& files = replay().state.files;
    const auto found = std::ranges::find_if(
        files, [this](const auto& entry) { return entry.second.identity->inode == current_inode(); });
    return found == files.end() ? nullptr : &found->second;
  }
  const Replay& replay() {
    replay_ = replay_log(slurp(scene_.positions_file() + ".identities"));
    return replay_;
  }
  void stall() {
    if (!scene_.running()) return;
    stalled_ = !stalled_;
    tell(stalled_ ? "stall" : "go on");
    scene_.stall(stalled_);
  }
  void settle() {
    if (!scene_.running()) return;
    if (one_in(3)) {
      scene_.settles(one_in(2));
    } else {
      scene_.settle(static_cast<std::size_t>(between(1, 5)));
    }
  }
  void turns(int count) {
    if (!scene_.running()) return;
    tell("turns " + std::to_string(count));
    for (int i = 0; i < count; ++i) scene_.turn();
  }

  std::uint64_t current_inode() const {
    const auto facts = stat_path(path_.c_str());
    return facts ? facts->identity.inode : 0;
  }
  bool knows_current() {
    const auto last = scene_.positions().last_at(path_.string());
    return last && last->identity && last->identity->inode == current_inode() && last->followed;
  }
  bool knows_head() {
    const auto last = scene_.positions().last_at(path_.string());
    return last->identity->fingerprint_bytes >= 64;
  }
  bool wait_known() {
    return scene_.until([this] { return knows_current(); }, 15s);
  }

  // --- What has to come out. ---

  // What was found under a rotated name only has that as its label.
  std::vector<std::string> received() {
    if (!all_names_) return scene_.lines("a.log");
    std::vector<std::string> all;
    for (const auto& [labels, lines] : scene_.received()) {
      all.insert(all.end(), lines.begin(), lines.end());
    }
    return all;
  }
  bool complete() {
    const auto got = received();
    if (!crashed_ && got.size() != lines_.size() - (part_.empty() ? 0 : 1)) return false;
    const std::set<std::string> unique(got.begin(), got.end());
    return std::all_of(lines_.begin(), lines_.end(), [&](const Line& line) {
      return (!part_.empty() && line.text == part_) || unique.contains(line.text);
    });
  }
  std::string missing() {
    const auto got = received();
    const std::set<std::string> unique(got.begin(), got.end());
    std::string text = std::to_string(got.size()) + " received, of " + std::to_string(lines_.size());
    for (const Line& line : lines_) {
      if (!unique.contains(line.text)) text += "\nmissing: " + line.text.substr(0, 12);
    }
    return text;
  }
  static std::string first_difference(const std::vector<std::string>& got,
                                      const std::vector<std::string>& expected) {
    const auto number_of = [](const auto& line, const auto& end) {
      return line == end ? std::string("nothing") : line->substr(0, line->find(' ', 5));
    };
    const auto [one, other] = std::ranges::mismatch(got, expected);
    if (one == got.end() && other == expected.end()) return {};
    return number_of(one, got.end()) + " came in place of " + number_of(other, expected.end());
  }
  void check() {
    std::vector<std::string> first;
    std::set<std::string> seen;
    std::set<std::string> late;
    std::vector<std::string> expected;
    for (const Line& line : lines_) {
      if (line.in_order) {
        expected.push_back(line.text);
      } else {
        late.insert(line.text);
      }
    }
    for (const std::string& line : received()) {
      if (seen.insert(line).second && !late.contains(line)) first.push_back(line);
    }
    if (!all_names_) {
      INFO(story_);
      CHECK(first_difference(first, expected) == "");
      CHECK(scene_.received().size() == 1);
    }
    if (!crashed_) {
      CHECK(received().size() == lines_.size());
      CHECK(scene_.targets().counters().lost_bytes == 0);
    }
  }

  // With the number of the line that comes next.
  void tell(const std::string& what) { story_ += std::to_string(lines_.size()) + ' ' + what + "; "; }

  struct Line {
    std::string text;
    bool in_order;
  };
  std::mt19937_64 random_;
  const bool linked_;     // the path is a symbolic link, and is switched
  const bool all_names_;  // the pattern matches rotated names too
  const TailScene::Options options_;
  TailScene scene_;
  const fs::path path_;
  const fs::path folder_;  // of the files themselves
  Replay replay_;
  std::vector<Line> lines_;
  std::string part_;  // the line that is being written
  std::size_t part_index_ = 0;
  int versions_ = 0;
  bool switched_ = false;  // since the agent saw the link last
  bool deleted_ = false;   // a file that the agent may not have read yet
  bool stalled_ = false;
  bool crashed_ = false;
  bool knows_head_ = true;  // of the present file, while it is down; or has never seen that
  std::string story_;
};

}  // namespace

TEST_CASE("random histories of a log file") {
  const unsigned long first = lokitail::test::from_environment("LOKITAIL_MODEL_SEED", 0);
  const unsigned long runs = lokitail::test::from_environment("LOKITAIL_MODEL_RUNS", first == 0 ? 25 : 1);
  // A run for CI repeats the same histories; at a desk they are others each time.
  const unsigned long fresh = std::getenv("CI") != nullptr ? 1 : std::random_device()();
  const unsigned long base = first == 0 ? fresh : first;
  for (unsigned long run = 0; run < runs; ++run) {
    std::string story;
    INFO("LOKITAIL_MODEL_SEED=" << base + run);
    History history(base + run);
    try {
      history.run(40);
    } catch (...) {
      std::cerr << "LOKITAIL_MODEL_SEED=" << base + run << ": " << history.story() << std::endl;
      throw;
    }
  }
}

}  // namespace lokitail::agent
