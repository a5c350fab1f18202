// kill -9 at random moments, while applications log and rotate and Loki has a bad day: nothing is lost,
// and what arrives twice is the very same entry.
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

using namespace lokitail::test;

namespace {

using Clock = std::chrono::steady_clock;

unsigned long from_environment(const char* name, unsigned long fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoul(text, nullptr, 10);
}

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
  Applications(const std::filesystem::path& logs, const Loki& loki, Random& random)
      : loki_(loki), random_(random) {
    for (int i = 0; i < 4; ++i) {
      const std::string name = fmt::format("c{}", i);
      logs_.push_back(std::make_unique<LogWriter>(name, logs / (name + ".log"),
                                                  LogWriter::Format::kDocker, 100));
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
      if (log.file_bytes() > 150'000 && may_rotate(log)) {
        log.rotate(100);  // nothing is removed: what no longer exists nobody can deliver
        ++rotations_;
        generation_begin_[&log] = log.written();
      }
      std::this_thread::sleep_for(random_.up_to(6ms));
    }
  }

  // A file that came and went while the agent was not there is nothing an agent can know of: some
  // line of it must have arrived.
  bool may_rotate(const LogWriter& log) {
    const std::string first = log.line(generation_begin_[&log]);
    return loki_.has_stored(first);
  }

  const Loki& loki_;
  Random& random_;
  std::vector<std::unique_ptr<LogWriter>> logs_;
  std::map<const LogWriter*, std::uint64_t> generation_begin_;
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

// How many entries may be sent again at most: those that were stored within the time in which the
// positions on disk may lag behind, before each kill, and those whose answer was cut off.
std::size_t in_flight(const std::vector<Request>& requests,
                      const std::vector<Clock::time_point>& kills) {
  constexpr auto kLag = 1s;  // positions are written every 100 ms
  std::size_t entries = 0;
  for (const Request& request : requests) {
    if (request.cut) entries += request.entries.size();
    for (const Clock::time_point kill : kills) {
      if (request.at > kill - kLag && request.at <= kill + 100ms) entries += request.entries.size();
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
  Applications applications(scene.logs, scene.loki, random);

  std::vector<Clock::time_point> killed_at;
  for (unsigned long kill = 0; kill < kills; ++kill) {
    scene.agent.launch();
    std::this_thread::sleep_for(random.up_to(sanitized() ? 1500ms : 500ms));
    REQUIRE(scene.agent.running());
    killed_at.push_back(Clock::now());
    scene.agent.kill();
    std::this_thread::sleep_for(random.up_to(30ms));
  }
  scene.agent.start();
  applications.stop();
  const std::size_t duplicates = scene.require_all(applications.writers(), 120s);
  scene.agent.stop();

  const std::size_t bound = in_flight(scene.loki.requests(), killed_at);
  std::cout << kills << " kills, " << applications.rotations() << " rotations, "
            << scene.loki.stored_count() - duplicates << " lines, " << duplicates
            << " duplicates (in flight: " << bound << ")" << std::endl;
  CHECK(duplicates <= bound);
  CHECK(applications.rotations() > 0);
}
