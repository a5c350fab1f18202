#include "agent/server/health.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "agent/delivery/delivery.h"
#include "agent/server/json_answer.h"
#include "agent/source/file/file_targets.h"
#include "agent/source/target.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {
namespace {

using Time = ComponentHealth::Time;

constexpr std::string_view kNothingToTail =
    "Unable to find any logs to tail. Please verify permissions, volumes, scrape_config, etc.";

std::string time_text(Time time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return lokitail::pipeline::timestamp_text(
      lokitail::pipeline::Timestamp::from_unix_nanoseconds(since.count()));
}

std::string full_name(const ComponentHealth& health) {
  return health.name.empty() ? health.component : health.component + " " + health.name;
}

bool keeps_unready(const ComponentHealth& health) {
  return health.condition == Condition::kDown && health.keeps_unready;
}

ComponentHealth client_health(const config::ClientConfig& client, const SenderStatus& status) {
  ComponentHealth health{"client", client.name};
  if (status.troubled_tenants > 0) {
    const bool all = status.troubled_tenants == status.tenants;
    health.condition = all ? Condition::kDown : Condition::kDegraded;
    health.reason =
        fmt::format("{}{} ({} pushes wait)",
                    all ? "" : fmt::format("{} of {} tenants: ", status.troubled_tenants, status.tenants),
                    status.trouble, status.queued);
  } else if (status.throttled_streams > 0) {
    health.condition = Condition::kDegraded;
    health.reason = fmt::format("Loki throttles streams: {}", status.throttled_streams);
  } else if (status.uses_standby) {
    health.condition = Condition::kDegraded;
    health.reason = "delivers to " + status.host + " in its place";
  }
  if (status.trouble_since) health.since = *status.trouble_since;
  return health;
}

std::string json_of(const std::vector<ComponentHealth>& all, bool alive, bool ready) {
  Condition worst = Condition::kUp;
  for (const ComponentHealth& health : all) worst = std::max(worst, health.condition);
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.member("status", condition_name(worst));
  out.member("alive", alive);
  out.member("ready", ready);
  out.begin("components", '[');
  for (const ComponentHealth& health : all) {
    out.begin('{');
    out.member("component", health.component);
    if (!health.name.empty()) out.member("name", health.name);
    out.member("status", condition_name(health.condition));
    out.member("since", time_text(health.since));
    out.member("reason", health.reason);
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return json;
}

HttpAnswer answer_of(const std::vector<ComponentHealth>& all, bool alive, bool ready, unsigned status) {
  return json_answer(json_of(all, alive, ready), status);
}

}  // namespace

std::string_view condition_name(Condition condition) {
  switch (condition) {
    case Condition::kUp:
      return "up";
    case Condition::kDegraded:
      return "degraded";
    case Condition::kDown:
      return "down";
  }
  return "";
}

void Health::serve(HttpServer& server) {
  look();
  server.on_get(
      "/ready", [this](HttpRequest&) -> boost::asio::awaitable<HttpAnswer> { co_return ready(); },
      Access::kOpen);
  server.on_get(
      "/readyz", [this](HttpRequest&) { return readyz(); }, Access::kOpen);
  server.on_get(
      "/healthz", [this](HttpRequest&) { return healthz(); }, Access::kOpen);
}

void Health::look() { static_cast<void>(components()); }

ComponentHealth Health::sources() const {
  ComponentHealth health{"sources"};
  if (!parts_.reading()) {
    health.condition = Condition::kDown;
    health.reason = kNothingToTail;
    health.keeps_unready = parts_.config().server.health_check_target;
    return health;
  }
  std::vector<std::string> troubles;
  const auto& unreadable = parts_.files().unreadable();
  if (!unreadable.empty()) {
    const auto& [path, error] = *unreadable.begin();
    troubles.push_back(fmt::format("{} of files cannot be read, as {}: {}", unreadable.size(), path, error));
  }
  for (const Target* const target : parts_.targets()) {
    if (!target->ready())
      troubles.push_back(fmt::format("job {}: {} is not ready", target->job(), target->kind()));
  }
  if (troubles.empty()) return health;
  health.condition = Condition::kDegraded;
  health.reason = fmt::format("{}", fmt::join(troubles, "; "));
  return health;
}

ComponentHealth Health::pipeline(bool workers_answer) const {
  ComponentHealth health{"pipeline"};
  const Budget& budget = parts_.delivery().budget();
  if (!workers_answer) {
    health.condition = Condition::kDown;
    health.reason = "a worker is stuck";
  } else if (parts_.stopping()) {
    health.condition = Condition::kDegraded;
    health.reason = "stopping";
  } else if (budget.exhausted()) {
    health.condition = Condition::kDegraded;
    health.reason =
        fmt::format("reading waits: {} of {} bytes wait for delivery", budget.in_flight(), budget.limit());
  }
  return health;
}

ComponentHealth Health::positions() const {
  ComponentHealth health{"positions"};
  health.reason = parts_.positions_trouble();
  if (!health.reason.empty()) health.condition = Condition::kDegraded;
  return health;
}

void Health::add_delivery(std::vector<ComponentHealth>& all) const {
  const Delivery& delivery = parts_.delivery();
  if (delivery.has_spool()) {
    ComponentHealth& health = all.emplace_back(ComponentHealth{"spool"});
    if (const auto trouble = delivery.spool_trouble()) {
      health.condition = Condition::kDegraded;
      health.reason = trouble->problem;
      health.since = trouble->since;
    }
  }
  const std::vector<SenderStatus> status = delivery.status();
  for (std::size_t i = 0; i < status.size(); ++i) {
    all.push_back(client_health(parts_.config().clients[i], status[i]));
  }
}

std::vector<ComponentHealth> Health::components(bool workers_answer) {
  std::vector<ComponentHealth> all = {sources(), pipeline(workers_answer), positions()};
  add_delivery(all);
  const Time now = std::chrono::system_clock::now();
  for (ComponentHealth& health : all) {
    const auto [place, is_new] =
        seen_.try_emplace({health.component, health.name}, Seen{health.condition, now});
    Seen& seen = place->second;
    if (seen.condition != health.condition) seen = {health.condition, now};
    // Who knows exactly has said so.
    if (health.since == Time()) health.since = seen.since;
  }
  return all;
}

std::string Health::unready() {
  if (parts_.stopping()) return "stopping";
  for (const ComponentHealth& health : components()) {
    if (!keeps_unready(health)) continue;
    return full_name(health) + (health.component == "client" ? " does not deliver: " : ": ") + health.reason;
  }
  return {};
}

// Loki's being away must not make it fail: a restart would change nothing, and forget what is in memory.
boost::asio::awaitable<HttpAnswer> Health::healthz() {
  const bool alive = co_await parts_.workers_answer();
  const auto all = components(alive);
  const bool is_ready = !parts_.stopping() && std::ranges::none_of(all, keeps_unready);
  co_return answer_of(all, alive, is_ready, alive ? 200 : 500);
}

boost::asio::awaitable<HttpAnswer> Health::readyz() {
  const bool alive = co_await parts_.workers_answer();
  const auto all = components(alive);
  const bool is_ready = !parts_.stopping() && std::ranges::none_of(all, keeps_unready);
  co_return answer_of(all, alive, is_ready, is_ready ? 200 : 503);
}

// As Promtail: there is something to tail.
HttpAnswer Health::ready() const {
  if (!parts_.config().server.health_check_target || parts_.reading()) {
    return {200, "text/plain; charset=utf-8", "Ready", ""};
  }
  return {500, "text/plain; charset=utf-8", fmt::format("Not ready: {}\n", kNothingToTail), ""};
}

}  // namespace lokitail::agent
