// What a reload exchanges in the running agent: jobs, clients, limits and the server. What does not differ does not
// notice, and what does is exchanged piece by piece; config_ always says which pieces are in force.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/daemon.h"
#include "agent/pause.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using config::Config;

constexpr std::chrono::milliseconds kSeeOffPoll{50};
// What is held of a line whose end may still come is let go after this.
constexpr std::chrono::seconds kHoldTime{1};
// How long a server that is replaced has for the requests that it answers. Some never end.
constexpr std::chrono::seconds kServerTime{2};
// How long the last traces may take for the endpoint of before.
constexpr std::chrono::milliseconds kLastTracesTime{500};

// Why nothing is exchanged any more.
constexpr const char* kEnds = "the agent is about to end";

using Keep = void (*)(const Config& from, Config& part);

bool differ(const Config& a, const Config& b, Keep keep) {
  const auto text_of = [keep](const Config& config) {
    Config part;
    keep(config, part);
    return config::to_yaml_with_secrets(part);
  };
  return text_of(a) != text_of(b);
}

// The parts of a configuration.
void keep_server(const Config& from, Config& part) { part.server = from.server; }
void keep_limits(const Config& from, Config& part) { part.limits_config = from.limits_config; }
void keep_tracing(const Config& from, Config& part) { part.tracing = from.tracing; }
void keep_delivery(const Config& from, Config& part) {
  part.clients = from.clients;
  part.dead_letters = from.dead_letters;
  part.spool = from.spool;
  part.tracing = from.tracing;
  part.limits_config.max_streams = from.limits_config.max_streams;
  part.limits_config.max_line_size = from.limits_config.max_line_size;
  part.limits_config.max_line_size_truncate = from.limits_config.max_line_size_truncate;
  part.limits_config.max_bytes_in_flight = from.limits_config.max_bytes_in_flight;
}
void keep_rest(const Config& from, Config& part) {
  part = from;
  part.scrape_configs.clear();
  part.positions.sync_period = {};
  part.server = {};
  part.limits_config = {};
  part.clients.clear();
  part.dead_letters = {};
  part.spool = {};
  part.tracing = {};
}

std::map<std::string, std::string> texts_of_jobs(const Config& config) {
  std::map<std::string, std::string> texts;
  for (const config::ScrapeConfig& scrape : config.scrape_configs) {
    texts.emplace(scrape.job_name, config::to_yaml_with_secrets(scrape));
  }
  return texts;
}

}  // namespace

bool Daemon::wants_new_start(const Config& fresh) const { return differ(*config_, fresh, keep_rest); }

// The server first, since it is what fails most easily.
asio::awaitable<std::string> Daemon::exchange(std::shared_ptr<const Config> fresh) {
  std::string problem;
  if (differ(*config_, *fresh, keep_server)) problem = change_server(fresh->server);
  if (problem.empty() && differ(*config_, *fresh, keep_delivery)) problem = co_await change_clients(fresh);
  if (!problem.empty()) co_return problem;
  if (stopping_) co_return kEnds;
  if (differ(*config_, *fresh, keep_limits)) change_limits(fresh->limits_config);
  co_return co_await change_jobs(std::move(fresh));
}

void Daemon::put_in_force(const std::function<void(Config&)>& change) {
  auto changed = std::make_shared<Config>(*config_);
  change(*changed);
  config_ = std::move(changed);
}

// The one before gives up its port, answers what it has been asked, and closes.
std::string Daemon::change_server(const config::ServerConfig& fresh) {
  log::info("reloading the server");
  std::unique_ptr<ServedAgent> next;
  std::string problem;
  try {
    if (!fresh.disable) next = make_server(fresh);
    if (served_) served_->server().stop_accepting();
    if (next) next->start();
  } catch (const std::exception& error) {
    problem = error.what();
    next.reset();  // it may have the port already
    next = serve_again();
  }
  if (served_) {
    leaving_servers_.push_back(std::move(served_));
    asio::co_spawn(control_, see_off(*leaving_servers_.back()), asio::detached);
  }
  served_ = std::move(next);
  if (!problem.empty()) return problem;
  if (fresh.log_level != config_->server.log_level || fresh.log_format != config_->server.log_format) {
    log::configure(fresh);
  }
  file_targets_.set_per_file_metrics(fresh.per_file_metrics);
  put_in_force([&fresh](Config& config) { config.server = fresh; });
  return {};
}

// With the configuration in force, after another has failed. nullptr where even that cannot be any more: then there is
// none, and lines go on.
std::unique_ptr<ServedAgent> Daemon::serve_again() {
  if (config_->server.disable) return nullptr;
  try {
    auto served = make_server(config_->server);
    served->start();
    return served;
  } catch (const std::exception& error) {
    log::error("the server before cannot be started again", {{"error", error.what()}});
    return nullptr;
  }
}

asio::awaitable<void> Daemon::see_off(ServedAgent& replaced) {
  asio::steady_timer timer(control_);
  const auto begin = Clock::now();
  while (!replaced.server().is_over()) {
    if (Clock::now() > begin + kServerTime) replaced.server().stop();
    co_await pause(timer, kSeeOffPoll);
  }
  std::erase_if(leaving_servers_, [&replaced](const auto& each) { return each.get() == &replaced; });
}

void Daemon::change_limits(const config::LimitsConfig& fresh) {
  workers_.change_limits(WorkerLimits::of(fresh));
  metrics_.limits().set(fresh);
  put_in_force([&fresh](Config& config) { config.limits_config = fresh; });
}

std::vector<BatcherConfig> Daemon::batcher_configs(const Delivery& delivery) const {
  return options_.dry_run ? std::vector<BatcherConfig>() : delivery.batcher_configs();
}

// Workers hand over to the new clients from now on. Those of before have some time for what they have.
asio::awaitable<std::string> Daemon::change_clients(std::shared_ptr<const Config> fresh) {
  std::unique_ptr<Delivery> next;
  std::shared_ptr<TraceExporter> traces = traces_;
  try {
    if (differ(*config_, *fresh, keep_tracing)) traces = make_traces(*fresh);
    next = std::make_unique<Delivery>(control_, fresh, metrics_, !options_.dry_run, tracer_of(traces),
                                      delivery_.get());
  } catch (const std::exception& error) {
    co_return std::string(error.what());
  }
  log::info("reloading the clients", {{"clients", fresh->clients.size()}});
  if (std::string problem = co_await workers_.change_clients(batcher_configs(*next), *next, next->budget());
      !problem.empty()) {
    co_return problem;
  }
  if (traces && traces != traces_) traces->start();
  const auto replaced_traces = std::exchange(traces_, traces);
  std::unique_ptr<Delivery> replaced = std::exchange(delivery_, std::move(next));
  const std::string spool_before = config_->spool.directory;
  put_in_force([&fresh](Config& config) { keep_delivery(*fresh, config); });
  const auto deadline = usual_deadline();
  replaced->hurry();
  while (!replaced->idle() && Clock::now() < deadline && !stopping_) co_await rest();
  if (fresh->spool.directory != spool_before && !replaced->empty()) {
    log::warn("what the spool holds stays there until its directory is configured again",
              {{"directory", spool_before}});
  }
  co_await replaced->stop();
  delivery_->start_after(*replaced);
  asio::co_spawn(control_,
                 see_off(std::move(replaced), replaced_traces == traces_ ? nullptr : replaced_traces),
                 asio::detached);
  co_return std::string();
}

// Until no request of it is on its way.
asio::awaitable<void> Daemon::see_off(std::unique_ptr<Delivery> replaced,
                                      std::shared_ptr<TraceExporter> traces) {
  asio::steady_timer timer(control_);
  while (!replaced->is_over()) co_await pause(timer, kSeeOffPoll);
  replaced.reset();
  if (!traces) co_return;
  co_await traces->finish(kLastTracesTime);
  traces->stop();
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
  // Whoever stops goes through the jobs that there are.
  if (stopping_) co_return kEnds;
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
  if (stopping_) co_return kEnds;
  config_ = fresh;
  co_return start_jobs(std::move(made));
}

// Returns what went wrong with any.
std::string Daemon::start_jobs(std::vector<std::unique_ptr<ScrapeJob>> jobs) {
  std::string problem;
  for (auto& job : jobs) {
    jobs_.push_back(std::move(job));
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
