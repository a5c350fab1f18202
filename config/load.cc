#include "config/load.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include <fmt/format.h>

#include "config/blocks.h"
#include "config/url.h"

namespace lokitail::config {
namespace {

constexpr std::string_view kClientDeprecated =
    "use of CLI client.* and config file Client block are both deprecated in favour of the config "
    "file Clients block and will be removed in a future release";

void read_positions(const Node& node, PositionsConfig& positions, Warnings& warnings) {
  Fields fields(node, "positions", kRefuseUnknown, warnings);
  set(positions.filename, fields.find("filename"));
  set_positive(positions.sync_period, fields.find("sync_period"), "sync_period");
  set(positions.ignore_invalid_yaml, fields.find("ignore_invalid_yaml"));
  fields.finish();
}

void read_target_config(const Node& node, TargetConfig& target, Warnings& warnings) {
  Fields fields(node, "target_config", kRefuseUnknown, warnings);
  set_positive(target.sync_period, fields.find("sync_period"), "sync_period");
  set(target.read_stdin, fields.find("stdin"));
  set_not_negative(target.stuck_after, fields.find("stuck_after"), "stuck_after");
  fields.finish();
}

void read_not_negative(double& out, const Node* node, std::string_view key) {
  set(out, node);
  if (node && !(out >= 0)) throw node->error(fmt::format("{} must not be negative", key));
}

void read_limits(const Node& node, LimitsConfig& limits, Warnings& warnings) {
  Fields fields(node, "limits_config", kRefuseUnknown, warnings);
  set(limits.readline_rate, fields.find("readline_rate"));
  set_not_negative(limits.readline_burst, fields.find("readline_burst"), "readline_burst");
  set(limits.readline_rate_enabled, fields.find("readline_rate_enabled"));
  set(limits.readline_rate_drop, fields.find("readline_rate_drop"));
  set_not_negative(limits.max_streams, fields.find("max_streams"), "max_streams");
  set_bytes(limits.max_line_size, fields.find("max_line_size"));
  set(limits.max_line_size_truncate, fields.find("max_line_size_truncate"));
  read_not_negative(limits.target_rate, fields.find("target_rate"), "target_rate");
  set_not_negative(limits.target_burst, fields.find("target_burst"), "target_burst");
  set(limits.target_rate_drop, fields.find("target_rate_drop"));
  read_not_negative(limits.cpu_share, fields.find("cpu_share"), "cpu_share");
  if (const Node* size = fields.find("max_bytes_in_flight")) {
    limits.max_bytes_in_flight = read_bytes(*size);
    if (limits.max_bytes_in_flight == 0) throw size->error("max_bytes_in_flight must not be 0");
  }
  fields.finish();
}

constexpr std::int64_t kMostWorkers = 256;

void read_workers(const Node& node, std::size_t& workers, Warnings&) {
  const std::int64_t count = read_int(node);
  if (count < 1 || count > kMostWorkers) {
    throw node.error(fmt::format("workers must be from 1 to {}", kMostWorkers));
  }
  workers = static_cast<std::size_t>(count);
}

void read_dead_letters(const Node& node, DeadLetterConfig& letters, Warnings& warnings) {
  Fields fields(node, "dead_letters", kRefuseUnknown, warnings);
  set(letters.file, fields.find("file"));
  set_bytes(letters.max_bytes, fields.find("max_bytes"));
  if (const Node* files = fields.find("max_files")) {
    letters.max_files = read_int(*files);
    if (letters.max_files < 1) throw files->error("max_files must be at least 1");
  }
  fields.finish();
  if (letters.file.empty()) throw node.error("dead_letters needs a `file`");
}

void read_spool(const Node& node, SpoolConfig& spool, Warnings& warnings) {
  using Mode = SpoolConfig::Mode;
  using WhenFull = SpoolConfig::WhenFull;
  Fields fields(node, "spool", kRefuseUnknown, warnings);
  std::string mode = "auto";
  set_choice(mode, fields.find("mode"), {"off", "auto", "always"},
             "expected one of off, auto, always, found");
  spool.mode = mode == "off" ? Mode::kOff : mode == "auto" ? Mode::kAuto : Mode::kAlways;
  set(spool.directory, fields.find("directory"));
  set_bytes(spool.max_bytes, fields.find("max_bytes"));
  set_not_negative(spool.max_age, fields.find("max_age"), "max_age");
  std::string when_full = "block";
  set_choice(when_full, fields.find("when_full"), {"block", "drop_oldest"},
             "expected one of block, drop_oldest, found");
  spool.when_full = when_full == "block" ? WhenFull::kBlock : WhenFull::kDropOldest;
  fields.finish();
}

void read_file_watch(const Node& node, FileWatchConfig& watch, Warnings& warnings) {
  Fields fields(node, "file_watch_config", kRefuseUnknown, warnings);
  set_positive(watch.min_poll_frequency, fields.find("min_poll_frequency"), "min_poll_frequency");
  set_positive(watch.max_poll_frequency, fields.find("max_poll_frequency"), "max_poll_frequency");
  fields.finish();
}

void read_global(const Node& node, GlobalConfig& global, Warnings& warnings) {
  Fields fields(node, "global", kRefuseUnknown, warnings);
  if (const Node* watch = fields.find("file_watch_config")) {
    read_file_watch(*watch, global.file_watch_config, warnings);
  }
  fields.finish();
}

void check_wal(const Node& node, Warnings& warnings) {
  Fields fields(node, "wal", kRefuseUnknown, warnings);
  not_yet_when_true(fields, "enabled", "wal");
  skip(fields, {"dir", "cleanSegmentsOlderThan", "watchConfig"});
  fields.finish();
}

void check_options(const Node& node, Warnings& warnings) {
  Fields fields(node, "options", kRefuseUnknown, warnings);
  fields.ignored({"stream_lag_labels"});
  fields.finish();
}

// Where lines of all jobs are counted against one rate, or printed in their order, one worker does it all.
void check_workers(Config& config, Warnings& warnings) {
  if (config.workers == 1 || !config.limits_config.readline_rate_enabled) return;
  warnings.add({config.file_name, 0, 0},
               "workers is 1 now: limits_config.readline_rate holds the lines of all jobs to one rate");
  config.workers = 1;
}

// FNV-1a, which is all it takes to tell a handful of clients apart.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// A client that others fail over to gets nothing but what they cannot deliver.
void check_failover(const Config& config, Warnings& warnings) {
  const auto refuse = [&warnings](const ClientConfig& client, const std::string& why) {
    warnings.refuse(Error(client.place, "failover_to: " + why));
  };
  for (const ClientConfig& client : config.clients) {
    for (const std::string& name : client.failover_to) {
      const auto standby = std::ranges::find(config.clients, name, &ClientConfig::name);
      if (standby == config.clients.end()) {
        refuse(client, "there is no client of the name \"" + name + "\"");
      } else if (standby->name == client.name) {
        refuse(client, "a client cannot stand by for itself");
      } else if (!standby->failover_to.empty()) {
        refuse(client, "\"" + name + "\" stands by for others and cannot fail over itself");
      }
    }
  }
}

void complete_clients(Config& config, Warnings& warnings) {
  const LabelMap common_labels = config.client.external_labels;
  if (!config.client.url.empty()) config.clients.push_back(config.client);
  config.client = {};
  // Where errors are gathered, there may have been some.
  if (config.clients.empty() && warnings.errors().empty()) {
    throw Error({config.file_name, 0, 0}, "at least one client config must be provided");
  }
  std::set<std::string> names;
  for (ClientConfig& client : config.clients) {
    client.external_labels.insert(common_labels.begin(), common_labels.end());
    if (client.url.empty()) {
      warnings.refuse(Error(client.place, "client needs target URL"));
      continue;
    }
    if (const auto problem = url_problem(client.url.reveal())) {
      warnings.refuse(Error(client.place, "the client's url cannot be used: " + *problem));
      continue;
    }
    if (client.name.empty()) {
      constexpr uint64_t kSixHexDigits = 0xffffff;
      client.name = fmt::format("{:06x}", hash_of(to_yaml_with_secrets(client)) & kSixHexDigits);
    }
    if (!names.insert(client.name).second) {
      warnings.refuse(
          Error(client.place,
                "duplicate client configs are not allowed, found duplicate for name: " + client.name));
    }
  }
  check_failover(config, warnings);
}

// Of jobs behind the first one nothing is read while standard input is.
void check_targets(const Config& config, Warnings& warnings) {
  if (!config.target_config.read_stdin) {
    for (const ScrapeConfig& scrape : config.scrape_configs) {
      if (scrape.has_targets || scrape.faulty) continue;
      warnings.refuse(
          Error(scrape.place, "no valid target scrape config defined for \"" + scrape.job_name + "\""));
    }
  } else if (config.scrape_configs.size() > 1) {
    warnings.add(config.scrape_configs[1].place,
                 "standard input is read with the first job: too many scrape configs, skipping " +
                     std::to_string(config.scrape_configs.size() - 1));
  }
}

void check_job_names(const Config& config, Warnings& warnings) {
  std::set<std::string> names;
  for (const ScrapeConfig& scrape : config.scrape_configs) {
    if (scrape.job_name.empty() || names.insert(scrape.job_name).second) continue;
    warnings.refuse(
        Error(scrape.place, "found multiple scrape configs with job name \"" + scrape.job_name + "\""));
  }
}

// One that cannot be read is none.
void read_clients(const Node* clients, Config& config, Warnings& warnings) {
  for_each_item(clients, "clients", warnings, [&](const Node& item) {
    ClientConfig client;
    read_client(item, client, warnings);
    config.clients.push_back(std::move(client));
  });
}

// One that cannot be read stays in its place with what could be.
void read_jobs(const Node* jobs, Config& config, Warnings& warnings) {
  for_each_item(jobs, "scrape_configs", warnings, [&](const Node& item) {
    ScrapeConfig& scrape = config.scrape_configs.emplace_back();
    scrape.faulty = !warnings.attempt([&] { read_scrape(item, scrape, warnings); });
  });
}

}  // namespace

Config read_config(const Node& root, const std::string& file_name, Warnings& warnings) {
  Config config;
  config.file_name = file_name;
  config.client.place = {file_name, 0, 0};

  Fields fields(root, "configuration", kRefuseUnknown, warnings);
  const auto block = [&](std::string_view key, auto read, auto& out) {
    if (const Node* node = fields.find(key)) {
      warnings.attempt([&] { read(*node, out, warnings); });
    }
  };
  block("global", read_global, config.global);
  block("server", read_server, config.server);
  block("client", read_client, config.client);
  block("positions", read_positions, config.positions);
  block("target_config", read_target_config, config.target_config);
  block("limits_config", read_limits, config.limits_config);
  block("workers", read_workers, config.workers);
  block("dead_letters", read_dead_letters, config.dead_letters);
  block("spool", read_spool, config.spool);
  block("tracing", read_tracing, config.tracing);
  warnings.attempt([&] { read_clients(fields.find("clients"), config, warnings); });
  warnings.attempt([&] { read_jobs(fields.find("scrape_configs"), config, warnings); });
  warnings.attempt([&] {
    if (const Node* wal = fields.find("wal")) check_wal(*wal, warnings);
  });
  warnings.attempt([&] {
    if (const Node* options = fields.find("options")) check_options(*options, warnings);
  });
  fields.finish();
  check_job_names(config, warnings);
  return config;
}

Config read_config(const std::string& text, const std::string& file_name, Warnings& warnings) {
  return read_config(Node::parse(text, file_name), file_name, warnings);
}

void complete(Config& config, Warnings& warnings) {
  if (!config.client.url.empty()) {
    warnings.add(config.client.place, std::string(kClientDeprecated));
  }
  warnings.attempt([&] { complete_clients(config, warnings); });
  check_targets(config, warnings);
  check_workers(config, warnings);
  FileWatchConfig& watch = config.global.file_watch_config;
  if (watch.max_poll_frequency < watch.min_poll_frequency) {
    warnings.add({config.file_name, 0, 0},
                 "file_watch_config: max_poll_frequency is less than min_poll_frequency; both are " +
                     format_go_duration(watch.min_poll_frequency) + " now");
    watch.max_poll_frequency = watch.min_poll_frequency;
  }
}

Config load(const std::string& text, const std::string& file_name, Warnings& warnings) {
  Config config = read_config(text, file_name, warnings);
  complete(config, warnings);
  return config;
}

}  // namespace lokitail::config
