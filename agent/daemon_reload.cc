// Daemon's reload: another configuration for the running agent. Jobs that differ are exchanged, and all others do not
// notice; so are clients, while sources go on. Where anything else differs, the agent ends as in a stop, and begins
// anew in the same process (next_config()).
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/command/check.h"
#include "agent/daemon.h"
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
constexpr std::chrono::milliseconds kSeeOffPoll{50};
// What is held of a line whose end may still come is let go after this.
constexpr std::chrono::seconds kHoldTime{1};
constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;

// All but jobs and clients.
std::string text_of_rest(config::Config config) {
  config.scrape_configs.clear();
  config.clients.clear();
  return config::to_yaml_with_secrets(config);
}

std::string text_of_clients(const config::Config& config) {
  config::Config clients;
  clients.clients = config.clients;
  return config::to_yaml_with_secrets(clients);
}

std::map<std::string, std::string> texts_of_jobs(const config::Config& config) {
  std::map<std::string, std::string> texts;
  for (const config::ScrapeConfig& scrape : config.scrape_configs) {
    texts.emplace(scrape.job_name, config::to_yaml_with_secrets(scrape));
  }
  return texts;
}

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

asio::awaitable<std::string> Daemon::take_over(std::shared_ptr<const config::Config> fresh) {
  if (!stdin_ && text_of_rest(*fresh) == text_of_rest(*config_)) {
    const auto before = config_;
    const bool has_other_clients = text_of_clients(*fresh) != text_of_clients(*before);
    std::string problem;
    if (has_other_clients) problem = co_await change_clients(fresh);
    if (!problem.empty()) co_return problem;
    problem = co_await change_jobs(std::move(fresh));
    if (!problem.empty() && has_other_clients && !stopping_) {
      const std::string again = co_await change_clients(before);
      if (!again.empty()) log::error("the clients of before cannot be used again", {{"error", again}});
    }
    co_return problem;
  }
  log::info("the configuration has changed beyond its jobs and clients: starting anew");
  next_config_ = std::move(fresh);
  reload_timer_.expires_after(kAnswerTime);
  reload_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) begin_stop(usual_deadline());
  });
  co_return std::string();
}

std::vector<BatcherConfig> Daemon::batcher_configs(const Delivery& delivery) const {
  return options_.dry_run ? std::vector<BatcherConfig>() : delivery.batcher_configs();
}

// Workers hand over to the new clients from now on. Those of before have some time for what they have.
asio::awaitable<std::string> Daemon::change_clients(std::shared_ptr<const config::Config> fresh) {
  std::unique_ptr<Delivery> next;
  try {
    next = std::make_unique<Delivery>(control_, fresh, metrics_, !options_.dry_run, tracer());
  } catch (const std::exception& error) {
    co_return std::string(error.what());
  }
  log::info("reloading the clients", {{"clients", fresh->clients.size()}});
  if (std::string problem = co_await workers_.change_clients(batcher_configs(*next), *next, next->budget());
      !problem.empty()) {
    co_return problem;
  }
  std::unique_ptr<Delivery> replaced = std::exchange(delivery_, std::move(next));
  // The jobs are those of before still.
  auto in_between = std::make_shared<config::Config>(*config_);
  in_between->clients = fresh->clients;
  config_ = std::move(in_between);
  const auto deadline = usual_deadline();
  replaced->hurry();
  while (!replaced->idle() && Clock::now() < deadline && !stopping_) co_await rest();
  replaced->stop();
  delivery_->start_after(*replaced);
  asio::co_spawn(control_, see_off(std::move(replaced)), asio::detached);
  co_return std::string();
}

// Until no request of it is on its way.
asio::awaitable<void> Daemon::see_off(std::unique_ptr<Delivery> replaced) {
  asio::steady_timer timer(control_);
  while (!replaced->is_over()) co_await pause(timer, kSeeOffPoll);
}

asio::awaitable<std::string> Daemon::change_jobs(std::shared_ptr<const config::Config> fresh) {
  const auto before = texts_of_jobs(*config_), now = texts_of_jobs(*fresh);
  std::vector<std::string> retired;
  for (const auto& [name, text] : before) {
    if (const auto same = now.find(name); same == now.end() || same->second != text) retired.push_back(name);
  }
  std::vector<std::unique_ptr<ScrapeJob>> made;
  std::vector<WorkerConfig::Job> added;
  try {
    for (const config::ScrapeConfig& scrape : fresh->scrape_configs) {
      if (const auto same = before.find(scrape.job_name);
          same != before.end() && same->second == now.at(scrape.job_name)) {
        continue;
      }
      made.push_back(std::make_unique<ScrapeJob>(fresh, scrape, context_of(scrape)));
      added.push_back({scrape.job_name, scrape.pipeline_stages});
    }
  } catch (const std::exception& error) {
    co_return std::string(error.what());
  }
  log::info("reloading", {{"jobs_that_go", retired.size()}, {"jobs_that_come", added.size()}});
  if (std::string problem = co_await workers_.change_jobs(retired, std::move(added)); !problem.empty()) {
    co_return problem;
  }
  for (const std::string& name : retired) {
    const auto job = std::ranges::find(jobs_, name, [](const auto& each) { return each->name(); });
    (*job)->stop();
    (*job)->leave_files();
    leaving_.push_back(std::move(*job));
    jobs_.erase(job);
    asio::co_spawn(control_, see_off(*leaving_.back()), asio::detached);
  }
  // What is not a file is gone on with where all before is settled.
  const auto deadline = usual_deadline();
  const auto is_awaited = [&made](const auto& leaving) {
    return leaving->target() != nullptr &&
           std::ranges::any_of(made, [&](const auto& job) { return job->name() == leaving->name(); });
  };
  while (std::ranges::any_of(leaving_, is_awaited) && Clock::now() < deadline && !stopping_) co_await rest();
  const auto replaced = std::exchange(config_, fresh);
  const std::string problem = start_jobs(std::move(made));
  if (!problem.empty() && !stopping_) {
    const std::string again = co_await change_jobs(replaced);
    if (!again.empty()) log::error("a job that ran before cannot be started again", {{"error", again}});
  }
  co_return problem;
}

// Returns what went wrong with any.
std::string Daemon::start_jobs(std::vector<std::unique_ptr<ScrapeJob>> jobs) {
  std::string problem;
  for (auto& job : jobs) {
    jobs_.push_back(std::move(job));
    if (stopping_) continue;
    try {
      jobs_.back()->add_files();
      jobs_.back()->start();
    } catch (const std::exception& error) {
      problem = fmt::format("job {}: {}", jobs_.back()->name(), error.what());
    }
  }
  return problem;
}

// Until all that it has read is settled. A stop closes what is left.
asio::awaitable<void> Daemon::see_off(ScrapeJob& job) {
  asio::steady_timer timer(control_);
  const auto begin = Clock::now();
  while (co_await workers_.has_retired(job.name())) {
    if (stopping_) co_return;
    if (Clock::now() > begin + kHoldTime) job.let_go();
    co_await pause(timer, kSeeOffPoll);
  }
  if (stopping_) co_return;
  ++closing_;
  co_await job.close();
  std::erase_if(leaving_, [&job](const auto& each) { return each.get() == &job; });
  --closing_;
}

}  // namespace lokitail::agent
