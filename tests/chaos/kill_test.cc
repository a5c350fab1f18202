// kill -9 at random moments, while applications log and rotate and Loki has a bad day: nothing is
// lost, and what arrives twice is the very same entry.
//
// LOKITAIL_CHAOS_SEED repeats a run's decisions, LOKITAIL_CHAOS_KILLS sets their number.
#include "tests/support/scene.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "tests/support/environment.h"

using namespace lokitail::test;

namespace {

using Clock = std::chrono::steady_clock;

class Random {
 public:
  explicit Random(unsigned long seed) : engine_(seed) {}
  int between(int low, int high) {
    const std::lock_guard lock(mutex_);
    return std::uniform_int_distribution<int>(low, high)(engine_);
  }
  std::chrono::milliseconds up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds(between(0, static_cast<int>(most.count())));
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

// Some containers that log, each at its own uneven pace.
class Applications {
 public:
  Applications(const std::filesystem::path& logs, Random& random) : random_(random) {
    for (int i = 0; i < 4; ++i) {
      const std::string name = fmt::format("c{}", i);
      logs_.push_back(
          std::make_unique<LogWriter>(name, logs / (name + ".log"), LogWriter::Format::kDocker, 100));
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Applications() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::vector<const LogWriter*> writers() const {
    std::vector<const LogWriter*> all;
    for (const auto& log : logs_) all.push_back(log.get());
    return all;
  }
  int rotations() const { return rotations_; }

 private:
  void run() {
    while (!stopping_) {
      LogWriter& log = *logs_[static_cast<std::size_t>(random_.between(0, 3))];
      log.write(static_cast<std::size_t>(random_.between(1, 60)));
      if (log.file_bytes() > 150'000) {
        // Also while the agent is not there, so that it never saw a file under its first name.
        // Nothing is removed: what no longer exists nobody can deliver.
        log.rotate(100);
        ++rotations_;
      }
      std::this_thread::sleep_for(random_.up_to(6ms));
    }
  }

  Random& random_;
  std::vector<std::unique_ptr<LogWriter>> logs_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> rotations_ = 0;
  std::thread thread_;
};

// Mostly well, sometimes not.
Reply bad_day(Random& random) {
  const int dice = random.between(1, 100);
  Reply reply;
  if (dice <= 6) return Reply::refuse(500, "internal error");
  if (dice <= 10) return Reply::refuse(429, "ingestion rate limit exceeded");
  reply.cut = dice <= 18;
  reply.store = dice > 14;
  return reply;
}

// A kill, and when the positions that survived it were written.
struct Kill {
  Clock::time_point positions_written;
  Clock::time_point at;
};

// The agent must be running.
Kill kill(Agent& agent) {
  std::error_code no_file_yet;
  const auto written = std::filesystem::last_write_time(agent.positions_file(), no_file_yet);
  const auto age = std::filesystem::file_time_type::clock::now() - written;
  const Clock::time_point now = Clock::now();
  agent.kill();
  if (no_file_yet) return {{}, now};
  return {now - std::chrono::duration_cast<Clock::duration>(age), now};
}

// How many entries may be sent again at most: what Loki took after positions were last written, or
// so shortly before that the agent had not heard of it, and what it took without saying so.
std::size_t in_flight(const std::vector<Request>& requests, const std::vector<Kill>& kills) {
  constexpr auto kUnheard = 30ms;
  std::size_t entries = 0;
  for (const Request& request : requests) {
    if (request.cut) entries += request.entries.size();
    for (const Kill& kill : kills) {
      if (request.status == 204 && request.at > kill.positions_written - kUnheard &&
          request.at < kill.at + kUnheard) {
        entries += request.entries.size();
      }
    }
  }
  return entries;
}

}  // namespace

TEST_CASE("killed at random moments under load") {
  const unsigned long seed = from_environment("LOKITAIL_CHAOS_SEED", std::random_device()());
  const unsigned long kills = from_environment("LOKITAIL_CHAOS_KILLS", 50);
  std::cout << "LOKITAIL_CHAOS_SEED=" << seed << std::endl;
  Random random(seed);
  Scene scene("batchwait: 20ms", kDockerStage);
  scene.loki.answer([&random](const Request&) { return bad_day(random); });
  Applications applications(scene.logs, random);

  std::vector<Kill> killed;
  while (killed.size() < kills) {
    scene.agent.launch();
    std::this_thread::sleep_for(random.up_to(sanitized() ? 1500ms : 500ms));
    REQUIRE(scene.agent.running());
    killed.push_back(kill(scene.agent));
    std::this_thread::sleep_for(random.up_to(30ms));
  }
  scene.agent.start();
  applications.stop();
  const std::size_t duplicates = scene.require_all(applications.writers(), 120s);
  scene.agent.stop();

  const std::size_t bound = in_flight(scene.loki.requests(), killed);
  std::cout << kills << " kills, " << applications.rotations() << " rotations, "
            << scene.loki.stored_count() - duplicates << " lines, " << duplicates
            << " duplicates (in flight: " << bound << ")" << std::endl;
  CHECK(duplicates <= bound);
  CHECK(applications.rotations() > 0);
}
