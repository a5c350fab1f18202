// Daemon's reload: another configuration for the running agent, whoever asks for it. What differs is exchanged
// (daemon_exchange.cc). Where that cannot be done, the agent ends as in a stop, and begins anew in the same process
// (next_config()).
#include <chrono>
#include <filesystem>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/daemon.h"
#include "agent/lint/trial_build.h"
#include "agent/pause.h"
#include "agent/service_manager.h"
#include "agent/telemetry/log.h"
#include "config/load.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// A file that is written is not read before it has been left alone for so long.
constexpr std::chrono::milliseconds kWriteTime{250};
// How long whoever asked for a reload has to read the answer before the server closes.
constexpr std::chrono::milliseconds kAnswerTime{100};
constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;

std::string text_of(const std::string& file) {
  try {
    return config::read_file(file);
  } catch (const std::exception&) {
    return {};  // it is about to be replaced
  }
}

}  // namespace

void Daemon::serve_reload(HttpServer& server) {
  const auto answer = [this](HttpRequest&) -> asio::awaitable<HttpAnswer> {
    const std::string problem = co_await reload();
    if (problem.empty()) co_return HttpAnswer();
    co_return HttpAnswer{500, "text/plain; charset=utf-8", "failed to reload config: " + problem + "\n"};
  };
  constexpr std::size_t kMostBytes = 4096;
  server.on_get("/reload", answer, Access::kChange);
  server.on_post("/reload", kMostBytes, answer, {}, Access::kChange);
}

// The folder is watched rather than the file, since most ways to write a file put another in its place.
void Daemon::watch_config() {
  const std::string& file = options_.watched_file;
  if (file.empty()) return;
  config_text_ = text_of(file);
  const std::string folder = std::filesystem::path(file).parent_path();
  config_folder_ =
      std::make_unique<WatchedFolder>(file_targets_.inotify(), folder.empty() ? "." : folder, kFolderEvents,
                                      [this](std::uint32_t, std::string_view) { look_at_config_soon(); });
  if (!config_folder_->watch()) log::warn("cannot watch the configuration's folder", {{"folder", folder}});
}

void Daemon::look_at_config_soon() {
  if (next_config_) return;
  reload_timer_.expires_after(kWriteTime);
  reload_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const std::string text = text_of(options_.watched_file);
    if (text.empty() || text == config_text_) return;
    config_text_ = text;
    asio::co_spawn(control_, reload(), asio::detached);
  });
}

asio::awaitable<std::string> Daemon::reload() {
  while (is_reloading_) co_await rest();
  if (stopping_ || next_config_ || options_.drain_and_exit) co_return "the agent is about to end";
  is_reloading_ = true;
  notify_service_manager(fmt::format(
      "RELOADING=1\nMONOTONIC_USEC={}",
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count()));
  std::shared_ptr<const config::Config> fresh;
  std::string problem;
  try {
    config::LoadedConfig loaded = options_.load();
    check_jobs(loaded.config, loaded.warnings);
    for (const std::string& warning : loaded.warnings.texts()) log::warn(warning);
    fresh = std::make_shared<const config::Config>(std::move(loaded.config));
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (fresh) problem = co_await take_over(std::move(fresh));
  is_reloading_ = false;
  if (problem.empty()) {
    reloads_.Increment();
  } else {
    failed_reloads_.Increment();
    log::error("the configuration was not reloaded; the one before stays in force", {{"error", problem}});
  }
  if (!next_config_) notify_service_manager("READY=1");
  co_return problem;
}

// Where something goes wrong on the way, what has been exchanged already is exchanged again.
asio::awaitable<std::string> Daemon::take_over(std::shared_ptr<const config::Config> fresh) {
  if (!stdin_ && !wants_new_start(*fresh)) {
    const auto before = config_;
    const std::string problem = co_await exchange(std::move(fresh));
    if (!problem.empty() && !stopping_) {
      const std::string again = co_await exchange(before);
      if (!again.empty()) log::error("the configuration before cannot be used again", {{"error", again}});
    }
    co_return problem;
  }
  log::info("the configuration has changed beyond what a running agent can exchange: starting anew");
  next_config_ = std::move(fresh);
  reload_timer_.expires_after(kAnswerTime);
  reload_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) begin_stop(usual_deadline());
  });
  co_return std::string();
}

}  // namespace lokitail::agent
