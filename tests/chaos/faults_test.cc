// A Loki that has every fault there is, in random order, and an agent that is stopped and woken up:
// everything arrives, each line at least once, and again only where the answer got lost.
//
// LOKITAIL_CHAOS_SEED repeats a run's decisions, LOKITAIL_CHAOS_SECONDS sets its length.
#include "tests/support/scene.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "tests/support/environment.h"
#include "tests/support/faulty_system.h"

using namespace lokitail::test;

namespace {

using Clock = std::chrono::steady_clock;

// One of the answers of Loki and of the proxies in front of it, most of them bad.
class Faults {
 public:
  explicit Faults(unsigned long seed) : random_(seed) {}

  Reply operator()(const Request& request) {
    const std::lock_guard lock(mutex_);
    if (over_) return Reply::ok();
    // Refused, so that a push is halved until it is small enough.
    if (request.entries.size() > 150 && pick(3) == 0) return not_stored(413, "too large");
    switch (pick(14)) {
      case 0:
        return not_stored(500, "internal error");
      case 1:
        return not_stored(502, "<html>Bad Gateway</html>");
      case 2:
        return not_stored(503, "at least 1 live replicas required");
      case 3:
        return not_stored(504, "");
      case 4:
        return not_stored(429, "ingestion rate limit exceeded for user x");
      case 5:
        return not_stored(260, "ingestion blocked for user x");
      case 6:
        return not_stored(408, "");
      case 7:
        // An entry that is too large even alone would rightly be given up.
        if (request.entries.size() < 20) return Reply::ok();
        return not_stored(
            500, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max");
      case 8:
        return throttled(request);
      case 9:
        return cut(false);
      // Stored, and nobody hears of it.
      case 10:
        return cut(true);
      case 11: {
        Reply late;
        late.delay = 700ms;
        lost_answers_ += request.entries.size();
        return late;
      }
      default:
        return Reply::ok();
    }
  }
  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  std::size_t lost_answers() const {
    const std::lock_guard lock(mutex_);
    return lost_answers_;
  }

 private:
  int pick(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
  static Reply not_stored(int status, std::string body) {
    Reply reply = Reply::refuse(status, std::move(body));
    reply.store = false;
    return reply;
  }
  // The other streams are stored.
  Reply throttled(const Request& request) {
    lost_answers_ += request.entries.size();
    return Reply{429,
                 "entry with timestamp x ignored, reason: 'Per stream rate limit exceeded (limit: 3MB/sec) "
                 "while attempting to ingest for stream '" +
                     request.entries.front().labels +
                     "' totaling 1MB, consider splitting', user 'x', total ignored: 1 out of 1",
                 {},
                 true,
                 {},
                 false};
  }
  Reply cut(bool store) {
    Reply reply;
    reply.cut = true;
    reply.store = store;
    if (store) lost_answers_ += 1000;
    return reply;
  }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  bool over_ = false;
  std::size_t lost_answers_ = 0;
};

// Four that log.
struct Containers {
  explicit Containers(const std::filesystem::path& folder) {
    for (int i = 0; i < 4; ++i) {
      const std::string name = "c" + std::to_string(i);
      logs.push_back(
          std::make_unique<LogWriter>(name, folder / (name + ".log"), LogWriter::Format::kDocker, 100));
    }
  }

  // Each in a way of its own.
  void rotate(std::size_t i) {
    LogWriter& log = *logs[i];
    i < 2 ? log.rotate(1000) : log.copy_and_truncate(1000);
    if (i % 2 == 1) log.compress();
  }

  std::vector<const LogWriter*> writers() const {
    std::vector<const LogWriter*> all;
    for (const auto& log : logs) all.push_back(log.get());
    return all;
  }
  std::uint64_t written() const {
    std::uint64_t lines = 0;
    for (const auto& log : logs) lines += log->written();
    return lines;
  }

  std::vector<std::unique_ptr<LogWriter>> logs;
};

}  // namespace

TEST_CASE("every fault of Loki at random, and an agent that is stopped now and then") {
  const unsigned long seed = from_environment("LOKITAIL_CHAOS_SEED", 20261126);
  const std::chrono::seconds length(from_environment("LOKITAIL_CHAOS_SECONDS", 10));
  INFO("LOKITAIL_CHAOS_SEED=" << seed);
  Scene scene("timeout: 500ms, batchsize: 20000", kDockerStage);
  const auto faults = std::make_shared<Faults>(seed);
  scene.loki.answer([faults](const Request& request) { return (*faults)(request); });
  Containers containers(scene.logs);
  scene.agent.start();
  std::mt19937_64 random(seed);
  const auto pick = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  int rotations = 0;
  for (const auto end = Clock::now() + length; Clock::now() < end;) {
    const auto which = static_cast<std::size_t>(pick(3));
    LogWriter& log = *containers.logs[which];
    log.write(static_cast<std::size_t>(1 + pick(60)));
    if (log.file_bytes() > 100'000) {
      containers.rotate(which);
      ++rotations;
    }
    if (pick(200) == 0) {
      scene.agent.process().signal(SIGSTOP);
      std::this_thread::sleep_for(std::chrono::milliseconds(pick(800)));
      scene.agent.process().signal(SIGCONT);
    }
    if (pick(300) == 0) {
      scene.loki.go_down();
      std::this_thread::sleep_for(std::chrono::milliseconds(pick(1500)));
      scene.loki.come_back();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pick(6)));
  }
  faults->end();
  const std::size_t twice = scene.require_all(containers.writers(), 120s);
  std::cout << "faults: seed " << seed << ", " << containers.written() << " lines written in " << rotations
            << " rotations, all delivered, " << twice << " twice, 0 lost" << std::endl;
  CHECK(twice <= faults->lost_answers());
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}

// With LOKITAIL_CHAOS_SECONDS=600 the ten minutes of docs/reliability.md.
TEST_CASE("an outage: memory stays within its bound, and nothing is lost") {
  const std::chrono::seconds length(from_environment("LOKITAIL_CHAOS_SECONDS", 10));
  Scene scene("", kDockerStage);
  scene.loki.answer(Reply::refuse(503, "down"));
  Containers containers(scene.logs);
  scene.agent.start();
  int rotations = 0;
  for (const auto end = Clock::now() + length; Clock::now() < end;) {
    for (const auto& log : containers.logs) {
      log->write(20);
      if (log->file_bytes() <= 2'000'000) continue;
      log->rotate(1000);
      ++rotations;
    }
    std::this_thread::sleep_for(20ms);
  }
  const double most = static_cast<double>(scene.agent.peak_resident()) / (1 << 20);
  scene.loki.answer(Reply::ok());
  const std::size_t twice = scene.require_all(containers.writers(), 120s);
  std::cout << "outage of " << length.count() << " s: " << containers.written() << " lines written in "
            << rotations << " rotations, all delivered, " << twice << " twice, 0 lost; peak memory " << most
            << " MiB" << std::endl;
  if (!sanitized()) CHECK(most < 40);
  scene.agent.stop();
}

TEST_CASE("a disk that fails here and there, and a clock that jumps") {
  const unsigned long seed = from_environment("LOKITAIL_CHAOS_SEED", std::random_device()());
  const std::chrono::seconds length(from_environment("LOKITAIL_CHAOS_SECONDS", 10));
  INFO("LOKITAIL_CHAOS_SEED=" << seed);
  Scene scene("", kDockerStage);
  scene.agent.top_level = "spool: {mode: always, directory: " + (scene.directory / "spool").string() + "}\n";
  FaultySystem disk(scene.directory / "faults", scene.directory.path());
  scene.agent.environment = {{"LD_PRELOAD", LOKITAIL_FAULTY_SYSTEM}, {kFaultsVariable, disk.file().string()}};
  Containers containers(scene.logs);
  scene.agent.start();
  REQUIRE(disk.controls().started == 1);
  std::mt19937_64 random(seed);
  const auto pick = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  const auto rate = [&] { return pick(1) == 0 ? 0U : static_cast<std::uint32_t>(pick(300)); };
  for (const auto end = Clock::now() + length; Clock::now() < end;) {
    const auto which = static_cast<std::size_t>(pick(3));
    LogWriter& log = *containers.logs[which];
    log.write(static_cast<std::size_t>(1 + pick(60)));
    if (log.file_bytes() > 300'000) containers.rotate(which);
    if (pick(20) == 0) {
      disk.controls().failing_reads = rate();
      disk.controls().failing_writes = rate();
      disk.controls().failing_syncs = rate();
    }
    if (pick(50) == 0) {
      constexpr std::int64_t kDay = 86'400'000'000'000;
      disk.controls().clock_offset = std::uniform_int_distribution<std::int64_t>(-kDay, kDay)(random);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pick(6)));
  }
  disk.heal();
  // A spool that cannot be read or written is passed by, so the order is not kept.
  const auto missing = [&] { return missing_lines(scene.loki.stored(), containers.writers()); };
  eventually([&] { return missing().empty(); }, 60s, 500ms);
  CHECK(missing() == "");
  std::cout << "disk and clock: seed " << seed << ", " << containers.written() << " lines written, "
            << disk.controls().failed << " calls failed, all delivered, "
            << scene.loki.stored_count() - containers.written() << " twice, 0 lost" << std::endl;
  CHECK(disk.controls().failed > 100);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}
