#include "agent/source/docker/docker_engine.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/pause.h"
#include "agent/telemetry/log.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstWatchRetry{500};
constexpr std::chrono::milliseconds kLongestWatchRetry{10'000};
// Of one event there is less.
constexpr std::size_t kLongestEvent = std::size_t{1} << 20;

std::string json_text(const std::string& text) {
  std::string result;
  pipeline::lang::append_json_string(result, text, pipeline::lang::JsonStyle::kJsonIterator);
  return result;
}

// {"label":["a=b"],"name":["x","y"]}
std::string filters_json(const std::vector<config::DockerSdConfig::Filter>& filters) {
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& filter : filters) {
    auto& values = by_name[filter.name];
    values.insert(values.end(), filter.values.begin(), filter.values.end());
  }
  std::string text;
  for (const auto& [name, values] : by_name) {
    text += (text.empty() ? "{" : ",") + json_text(name) + ":[";
    for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + json_text(values[i]);
    text += ']';
  }
  return text.empty() ? text : text + '}';
}

// The events by which the list may have become another.
constexpr const char* kEvents =
    R"({"type":["container"],"event":["start","die","destroy","pause","unpause","rename"]})";

}  // namespace

DockerEngine::DockerEngine(std::shared_ptr<DockerJob> job, const config::DockerSdConfig& config)
    : job_(std::move(job)),
      config_(config),
      client_(std::make_shared<EngineClient>(job_->context.control, config)),
      containers_(std::make_shared<Containers>(
          job_,
          [job = job_, client = client_](const std::string& id, const StreamLabels& labels,
                                         const ContainerDetails& details) {
            return std::make_shared<ContainerLog>(job, client, id, labels, details);
          })),
      refresh_timer_(job_->context.control),
      events_timer_(job_->context.control) {}

void DockerEngine::start() {
  asio::io_context& control = job_->context.control;
  asio::co_spawn(
      control, [self = shared_from_this()] { return self->refresh_always(); }, asio::detached);
  asio::co_spawn(
      control, [self = shared_from_this()] { return self->watch_events(); }, asio::detached);
}

void DockerEngine::stop() {
  client_->close();
  for (asio::steady_timer* const timer : {&refresh_timer_, &events_timer_}) timer->cancel();
  containers_->stop();
}

void DockerEngine::let_go_lines() { containers_->let_go_lines(); }

void DockerEngine::forget_lines() { containers_->forget_lines(); }

// ---- Which containers there are -------------------------------------------------------------------

asio::awaitable<void> DockerEngine::refresh_always() {
  const auto self = shared_from_this();
  std::chrono::milliseconds retry = kFirstWatchRetry;
  while (job_->running) {
    refresh_wanted_ = false;
    answers_ = co_await refresh();
    if (!job_->running) break;
    if (answers_) retry = kFirstWatchRetry;
    if (refresh_wanted_ && answers_) continue;
    if (answers_) {
      co_await pause(refresh_timer_, config_.refresh_interval);
    } else {
      co_await pause(refresh_timer_, std::exchange(retry, std::min(2 * retry, kLongestWatchRetry)));
    }
  }
}

// Stopped ones are listed too: for those that stopped while nobody looked.
asio::awaitable<bool> DockerEngine::refresh() {
  const std::set<std::string> started = std::exchange(started_, {});
  std::string networks_path = "/networks";
  const http::Response networks = co_await client_->get(std::move(networks_path));
  // Without them there are labels less. A proxy in front of the engine may forbid it.
  if (networks.ok()) networks_ = parse_networks(networks.body).value_or(std::move(networks_));
  std::string path = "/containers/json?all=1";
  if (!config_.filters.empty()) path += "&filters=" + http::percent_encode(filters_json(config_.filters));
  const http::Response answer = co_await client_->get(std::move(path));
  if (!job_->running) co_return false;
  const auto all = answer.ok() ? parse_containers(answer.body) : std::nullopt;
  if (!all) {
    started_.insert(started.begin(), started.end());
    report(answer.ok() ? "its list of containers cannot be read" : engine_problem(answer));
    co_return false;
  }
  reported_.clear();
  std::set<std::string_view> ids;
  for (const ListedContainer& listed : *all) {
    ids.insert(listed.id);
    co_await found(listed, *all, listed.runs() || started.contains(listed.id));
    if (!job_->running) co_return false;
  }
  containers_->keep_only(ids);
  co_return true;
}

asio::awaitable<void> DockerEngine::found(const ListedContainer& listed,
                                          const std::vector<ListedContainer>& all, bool is_wanted) {
  const FindContainer find = [&all](std::string_view id) {
    const auto other = std::ranges::find(all, id, &ListedContainer::id);
    return other == all.end() ? nullptr : &*other;
  };
  const config::LabelMap labels = container_labels(listed, find, networks_, config_);
  if (!containers_->found(listed, labels, is_wanted)) co_return;
  std::string page = "/containers/" + listed.id + "/json";
  const http::Response answer = co_await client_->get(std::move(page));
  if (!job_->running) co_return;
  const auto details = answer.ok() ? parse_details(answer.body) : std::nullopt;
  if (details) {
    containers_->take_up(listed, labels, *details, is_wanted);
  } else if (answer.status != 404) {
    report(engine_problem(answer));
    if (is_wanted) started_.insert(listed.id);  // the next time, too, though it may have stopped by then
  }
}

// ---- Events ---------------------------------------------------------------------------------------

asio::awaitable<void> DockerEngine::watch_events() {
  const auto self = shared_from_this();
  std::chrono::milliseconds retry = kFirstWatchRetry;
  const std::string path = std::string("/events?filters=") + http::percent_encode(kEvents);
  while (job_->running) {
    events_.clear();
    // What happened until now was told to nobody.
    http::Client::Streaming events{.take = [this](std::string_view bytes) -> asio::awaitable<bool> {
                                     take_events(bytes);
                                     co_return job_->running;
                                   },
                                   .begin =
                                       [this, &retry](const http::Response&) {
                                         retry = kFirstWatchRetry;
                                         refresh_soon();
                                       }};
    std::string target = path;
    const http::Response answer = co_await client_->stream(std::move(target), std::move(events));
    if (!job_->running) break;
    log::debug("the Docker engine tells no events any more",
               {{"host", config_.host}, {"error", engine_problem(answer)}});
    co_await pause(events_timer_, std::exchange(retry, std::min(2 * retry, kLongestWatchRetry)));
  }
}

void DockerEngine::take_events(std::string_view bytes) {
  events_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end; (end = events_.find('\n', begin)) != events_.npos; begin = end + 1) {
    const auto event = parse_event(std::string_view(events_).substr(begin, end - begin));
    if (!event) continue;
    if (event->action == "start") started_.insert(event->id);
    if (event->action == "destroy") containers_->destroyed(event->id);
    refresh_soon();
  }
  events_.erase(0, begin);
  if (events_.size() > kLongestEvent) events_.clear();
}

void DockerEngine::refresh_soon() {
  refresh_wanted_ = true;
  refresh_timer_.cancel();
}

// ---- Small things ---------------------------------------------------------------------------------

// The same trouble is told once.
void DockerEngine::report(const std::string& what) {
  if (what == std::exchange(reported_, what)) return;
  log::error("the Docker engine cannot be asked for its containers",
             {{"job", job_->config.job_name}, {"host", config_.host}, {"error", what}});
}

}  // namespace lokitail::agent
