// The file sources of an agent with everything around them that is real except Loki: a worker on its
// thread, pipelines, batches. What would be pushed is collected, and settled when the test says so.
//
// Threads: the test's thread is the control thread.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/delivery/batcher.h"
#include "agent/loki/push_decode.h"
#include "agent/source/file/file_targets.h"
#include "agent/state/positions.h"
#include "agent/telemetry/metrics.h"
#include "agent/worker.h"

namespace lokitail::agent::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "lokitail-unit-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = fs::canonical(name);
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const fs::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

inline void append(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}
inline void overwrite(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}
inline std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Lines by the text of their labels.
using Received = std::map<std::string, std::vector<std::string>>;

class TailScene final : public BatcherEvents {
 public:
  struct Options {
    std::string pattern = "logs/*.log";
    std::vector<FileTarget> targets;  // instead of the pattern
    std::chrono::milliseconds grace{300};
    std::chrono::milliseconds sync{10s};
    std::size_t max_line_bytes = FileSource::kMostLineBytes;
    std::size_t most_retired = 1000;
    bool use_inotify = true;
    std::size_t batch_size = 64 * 1024;
  };

  explicit TailScene(Options options) : options_(std::move(options)) { fs::create_directories(logs()); }
  TailScene() : TailScene(Options{}) {}
  ~TailScene() { crash(); }

  const TempFolder& folder() const { return folder_; }
  fs::path logs() const { return folder_.path() / "logs"; }
  fs::path log(std::string_view name) const { return logs() / name; }
  std::string positions_file() const { return folder_ / "positions.yaml"; }

  // One target: a pattern below the scene's folder, with labels.
  FileTarget target(const std::string& pattern, std::map<std::string, std::string> labels = {}) const {
    FileTarget result;
    result.job = "job";
    result.path = folder_ / pattern;
    result.labels = std::move(labels);
    return result;
  }
  void set_targets(std::vector<FileTarget> targets) { options_.targets = std::move(targets); }

  void start() {
    running_ = std::make_unique<Running>();
    running_->positions = std::make_unique<Positions>(positions_file());
    running_->positions->load();
    WorkerConfig config;
    config.jobs.push_back({"job", {}});
    BatcherConfig client;
    client.batch_wait = 1ms;
    client.batch_size = options_.batch_size;
    config.clients.push_back(client);
    running_->worker = std::make_unique<Worker>(config, *this, metrics_, warnings_, budget_);
    FileTargetsConfig files;
    files.sync_period = options_.sync;
    files.min_poll = 5ms;
    files.max_poll = 20ms;
    files.use_inotify = options_.use_inotify;
    files.grace = options_.grace;
    files.most_retired = options_.most_retired;
    files.max_line_bytes = options_.max_line_bytes;
    running_->targets =
        std::make_unique<FileTargets>(running_->control, files, *running_->positions,
                                      [this](const FileTarget&) -> Worker& { return *running_->worker; });
    std::vector<FileTarget> targets = options_.targets;
    if (targets.empty()) targets.push_back(target(options_.pattern));
    for (FileTarget& each : targets) running_->targets->add(std::move(each));
    running_->worker->start();
    running_->targets->start();
  }

  // As SIGTERM: what was read is settled and recorded.
  void stop() {
    running_->targets->stop();
    std::atomic<bool> drained = false;
    running_->worker->drain([&drained] { drained = true; });
    REQUIRE(until([&] { return drained.load(); }));
    settle_all();
    std::atomic<bool> told = false;
    running_->worker->post([&told] { told = true; });
    REQUIRE(until([&] { return told.load(); }));
    CHECK(running_->positions->write() == "");
    crash();
  }

  // As kill -9: nothing more is written.
  void crash() {
    if (!running_) return;
    running_->worker->stop();
    running_.reset();
    const std::lock_guard lock(mutex_);
    collect_locked();
    unsettled_.clear();
  }

  // Runs the control thread until the condition holds.
  bool until(const std::function<bool()>& condition, std::chrono::milliseconds patience = 20s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      turn();
      if (condition()) return true;
      if (std::chrono::steady_clock::now() >= end) return false;
    }
  }
  // Whether it holds all the time.
  bool stays(const std::function<bool()>& condition, std::chrono::milliseconds time) {
    return !until([&] { return !condition(); }, time);
  }
  void turn() {
    running_->control.run_for(1ms);
    running_->control.restart();
    const std::lock_guard lock(mutex_);
    collect_locked();
    if (settles_) settle_locked(unsettled_.size());
  }

  // From now on pushes settle by themselves, or wait.
  void settles(bool yes) { settles_ = yes; }
  void settle(std::size_t pushes) {
    const std::lock_guard lock(mutex_);
    collect_locked();
    settle_locked(pushes);
  }
  void settle_all() {
    const std::lock_guard lock(mutex_);
    collect_locked();
    settle_locked(unsettled_.size());
  }
  std::size_t unsettled() const { return unsettled_.size(); }

  // Backpressure: the worker does not read while it is on.
  void stall(bool on) {
    if (on == stalled_) return;
    stalled_ = on;
    if (on) {
      budget_.take(0, budget_.limit());
    } else {
      budget_.give_back(0, budget_.limit());
      running_->worker->post([] {});
    }
  }

  const Received& received() const { return received_; }
  // Of the file under its own name, without other labels.
  const std::vector<std::string>& lines(std::string_view name) {
    return received_["{filename=\"" + log(name).string() + "\"}"];
  }
  std::size_t count() const {
    std::size_t all = 0;
    for (const auto& [labels, lines] : received_) all += lines.size();
    return all;
  }
  bool wait_for(std::size_t lines) {
    return until([&] { return count() >= lines; });
  }
  bool wait_settled(const fs::path& path, std::uint64_t offset) {
    return until([&] {
      const auto last = positions().last_at(path.string());
      return last && last->offset == offset;
    });
  }
  void forget_received() { received_.clear(); }

  FileTargets& targets() { return *running_->targets; }
  Positions& positions() { return *running_->positions; }
  bool running() const { return running_ != nullptr; }

 private:
  struct Running {
    boost::asio::io_context control{1};
    std::unique_ptr<Positions> positions;
    std::unique_ptr<Worker> worker;
    std::unique_ptr<FileTargets> targets;
  };

  void push_ready(std::size_t, std::unique_ptr<Push> push) override {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(push));
  }
  void entry_dropped(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entry_mutated(std::size_t, const std::string&, const char*, std::size_t) override {}
  void entries_taken(std::size_t, std::size_t, std::size_t) override {}

  void collect_locked() {
    for (auto& push : incoming_) {
      DecodedPush decoded;
      const PushResult result = decode_push(push->body, PushLimits{}, decoded);
      INFO(result.message);
      REQUIRE(result);
      for (const PushStream& stream : decoded.streams) {
        auto& lines = received_[stream.labels];
        for (const PushEntry& entry : stream.entries) lines.push_back(entry.line);
      }
      unsettled_.push_back(std::move(push));
    }
    incoming_.clear();
  }
  void settle_locked(std::size_t pushes) {
    pushes = std::min(pushes, unsettled_.size());
    for (std::size_t i = 0; i < pushes; ++i) unsettled_[i]->receipt->part_settled();
    unsettled_.erase(unsettled_.begin(), unsettled_.begin() + static_cast<std::ptrdiff_t>(pushes));
  }

  Options options_;
  TempFolder folder_;
  config::Warnings warnings_;
  Metrics metrics_;
  Budget budget_{std::size_t{1} << 40};
  bool stalled_ = false;
  bool settles_ = true;
  Received received_;
  std::vector<std::unique_ptr<Push>> unsettled_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Push>> incoming_;  // guarded by it
  std::unique_ptr<Running> running_;
};

// An application that logs numbered lines to a path and rotates it.
class Application {
 public:
  explicit Application(fs::path path) : path_(std::move(path)) {}

  void write(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += next() + '\n';
    append(path_, text);
  }
  std::string next() {
    written_.push_back(path_.filename().string() + " line " + std::to_string(written_.size()) +
                       std::string(written_.size() % 97, '.'));
    return written_.back();
  }
  // path.N-1 becomes path.N, and so on.
  void rotate() {
    for (int i = 50; i >= 1; --i) {
      const fs::path from = i == 1 ? path_ : numbered(i - 1);
      if (fs::exists(from)) fs::rename(from, numbered(i));
    }
  }
  fs::path numbered(int i) const { return path_.string() + '.' + std::to_string(i); }
  const fs::path& path() const { return path_; }
  const std::vector<std::string>& written() const { return written_; }

 private:
  fs::path path_;
  std::vector<std::string> written_;
};

}  // namespace lokitail::agent::test
