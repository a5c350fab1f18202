#include "agent/server/status_api.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "agent/delivery/delivery.h"
#include "agent/discovery/file_target_maker.h"
#include "agent/memory_use.h"
#include "agent/server/json_answer.h"
#include "agent/server/targets_json.h"
#include "agent/source/file/file_targets.h"
#include "agent/telemetry/ledger.h"
#include "agent/telemetry/metrics.h"
#include "agent/version.h"
#include "config/url.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {
namespace {

using std::chrono::system_clock;

std::string time_text(system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return pipeline::timestamp_text(pipeline::Timestamp::from_unix_nanoseconds(since.count()));
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

const char* state_of(const SenderStatus& status, bool is_standby) {
  if (!status.delivering) return "failing";
  if (status.last_answer) return "delivering";
  return is_standby ? "standby" : "idle";
}

bool is_standby(const config::Config& config, const std::string& name) {
  return std::ranges::any_of(config.clients, [&](const config::ClientConfig& client) {
    return std::ranges::find(client.failover_to, name) != client.failover_to.end();
  });
}

void write_account(JsonWriter& out, const Metrics::Account& account) {
  out.begin("entries", '{');
  out.member("taken", account.taken);
  out.member("sent", account.sent);
  out.member("refused", account.refused);
  out.member("dropped", account.dropped);
  out.member("unmatched", account.unmatched);
  out.member("spooled", account.spooled);
  out.member("pending", account.pending());
  out.end('}');
}

void write_limits(JsonWriter& out, const LimitHits& limits) {
  out.begin("limits", '[');
  for (const LimitHits::Row& row : limits.rows()) {
    out.begin('{');
    out.member("limit", row.name);
    out.member("value", row.value);
    out.member("unit", row.unit);
    out.member("effect", row.effect);
    out.member("hits", row.hits);
    if (row.last_hit != 0) {
      out.member("last_hit",
                 pipeline::timestamp_text(pipeline::Timestamp::from_unix_nanoseconds(row.last_hit)));
    }
    out.end('}');
  }
  out.end(']');
}

}  // namespace

void StatusApi::serve(HttpServer& server) {
  const auto answer = [this, &server](const std::string& path, std::string (StatusApi::*what)() const) {
    server.on_get(
        "/api/v1/" + path,
        [this, what](HttpRequest&) -> boost::asio::awaitable<HttpAnswer> {
          co_return json_answer((this->*what)());
        },
        Access::kPage);
  };
  answer("status", &StatusApi::status);
  answer("clients", &StatusApi::clients);
  answer("config", &StatusApi::config);
  answer("ledger", &StatusApi::ledger);
  server.on_get(
      "/api/v1/targets",
      [this](HttpRequest& request) -> boost::asio::awaitable<HttpAnswer> {
        co_return json_answer(targets(request));
      },
      Access::kPage);
}

std::string StatusApi::status() const {
  const config::Config& config = parts_.config();
  const std::string unready = health_.unready();
  std::uint64_t lines = 0, entries = 0;
  for (const auto& [name, job] : parts_.ledger.page()) lines += job.lines, entries += job.entries;
  const Delivery& delivery = parts_.delivery();
  std::uint64_t sent = 0, sent_bytes = 0;
  for (const config::ClientConfig& client : config.clients) {
    const Metrics::Account account = parts_.metrics.account(client.name);
    sent += account.sent, sent_bytes += account.sent_bytes;
  }

  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.member("version", kVersion);
  out.member("healthy", unready.empty());
  out.member("reason", unready.empty() ? unready : "Not ready: " + unready);
  out.member("now", time_text(system_clock::now()));
  out.member("started", time_text(started_));
  out.member("uptime_seconds", seconds(system_clock::now() - started_));
  out.member("process_id", ::getpid());
  out.member("host", host_name());
  out.member("config_file", config.file_name);
  out.member("admin", config.server.admin);
  out.member("memory_bytes", resident_memory());
  out.member("bytes_in_flight", delivery.budget().in_flight());
  out.member("bytes_in_flight_limit", delivery.budget().limit());
  out.member("lines_total", lines);
  out.member("entries_total", entries);
  out.member("sent_entries_total", sent);
  out.member("sent_bytes_total", sent_bytes);
  out.member("files", parts_.files().open_files());
  out.member("stuck_targets", parts_.files().stuck());
  out.member("jobs", config.scrape_configs.size());
  out.member("clients", config.clients.size());
  write_limits(out, parts_.metrics.limits());
  out.end('}');
  return json;
}

std::string StatusApi::clients() const {
  const config::Config& config = parts_.config();
  const Delivery& delivery = parts_.delivery();
  const std::vector<SenderStatus> all = delivery.status();
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.begin("clients", '[');
  for (std::size_t i = 0; i < all.size() && i < config.clients.size(); ++i) {
    const SenderStatus& status = all[i];
    const config::ClientConfig& client = config.clients[i];
    const bool stands_by = is_standby(config, client.name);
    out.begin('{');
    out.member("name", client.name);
    out.member("url", config::mask_url(client.url.reveal()));
    out.member("host", status.host);
    out.member("state", state_of(status, stands_by));
    out.member("trouble", status.trouble);
    if (status.last_answer) {
      out.begin("last_answer", '{');
      out.member("status", status.last_answer->status);
      out.member("time", time_text(status.last_answer->time));
      out.end('}');
    } else {
      out.key("last_answer");
      out.literal("null");
    }
    out.member("standby", stands_by);
    out.member("tenants", status.tenants);
    out.member("queued_pushes", status.queued);
    out.member("pushes_in_flight", status.in_flight);
    out.member("lag_seconds", seconds(status.oldest_wait));
    out.member("bytes_in_flight", delivery.budget().in_flight(i));
    out.member("bytes_in_flight_limit", delivery.budget().share());
    const Metrics::Account account = parts_.metrics.account(client.name);
    out.member("sent_bytes", account.sent_bytes);
    write_account(out, account);
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return json;
}

std::string StatusApi::targets(const HttpRequest& request) const {
  return targets_json(parts_, request.query);
}

std::string StatusApi::config() const {
  const config::Config& config = parts_.config();
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.member("file", config.file_name);
  out.member("yaml", config::to_yaml(config));
  out.begin("jobs", '[');
  for (const config::ScrapeConfig& scrape : config.scrape_configs) {
    out.begin('{');
    out.member("name", scrape.job_name);
    out.member("stages",
               scrape.pipeline_stages.is_null() ? std::string() : config::to_yaml(scrape.pipeline_stages));
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return json;
}

std::string StatusApi::ledger() const {
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.begin("jobs", '[');
  for (const auto& [name, job] : parts_.ledger.page()) {
    out.begin('{');
    out.member("job", name);
    out.member("lines", job.lines);
    out.member("entries", job.entries);
    out.begin("stages", '[');
    for (const pipeline::StageCounts& stage : job.stages) {
      out.begin('{');
      out.member("stage", stage.stage);
      out.member("taken", stage.taken);
      out.member("given", stage.given);
      out.member("held", stage.held);
      out.end('}');
    }
    out.end(']');
    out.end('}');
  }
  out.end(']');
  out.begin("clients", '[');
  for (const config::ClientConfig& client : parts_.config().clients) {
    out.begin('{');
    out.member("client", client.name);
    write_account(out, parts_.metrics.account(client.name));
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return json;
}

}  // namespace lokitail::agent
