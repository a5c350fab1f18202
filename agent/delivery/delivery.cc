#include "agent/delivery/delivery.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "agent/telemetry/log.h"

namespace lokitail::agent {

Delivery::Delivery(boost::asio::io_context& control, std::shared_ptr<const config::Config> shared_config,
                   Metrics& metrics, bool spools, std::shared_ptr<Tracer> tracer, const Delivery* replaced)
    : control_(control),
      shared_config_(std::move(shared_config)),
      config_(*shared_config_),
      metrics_(metrics),
      budget_(config_.limits_config.max_bytes_in_flight, config_.clients.size()),
      dead_letters_(config_.dead_letters),
      tracer_(std::move(tracer)),
      spool_thread_(std::make_shared<SpoolThread>(posix_spool_files())),
      clients_(config_.clients.size()) {
  const config::Config& config = config_;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (replaced != nullptr) clients_[i].own = find_destination(*replaced, config.clients[i]);
    if (!clients_[i].own) clients_[i].own = std::make_shared<Destination>(control, config.clients[i]);
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    client.destinations = {client.own};
    for (const std::string& name : config.clients[i].failover_to) {
      const auto standby = std::ranges::find(config.clients, name, &config::ClientConfig::name);
      Client& other = clients_[static_cast<std::size_t>(standby - config.clients.begin())];
      client.destinations.push_back(other.own);
      other.is_standby = true;
    }
    if (spools) client.spool = make_spool(i);
    client.sender = std::make_unique<Sender>(
        LaneContext{control, config.clients[i], i, client.destinations, metrics, budget_, client.shape,
                    dead_letters_, client.spool, [this, i] { return may_hold_back_others(i); }, tracer_});
  }
}

Delivery::~Delivery() { spool_thread_->stop(); }

std::shared_ptr<Destination> Delivery::find_destination(const Delivery& among,
                                                        const config::ClientConfig& config) {
  const auto same =
      std::ranges::find_if(among.clients_, [&](const Client& client) { return client.own->serves(config); });
  return same == among.clients_.end() ? nullptr : same->own;
}

// A folder of its own for each client. One without a name has a hash for it that changes with all of its
// configuration: here it is known by its host and tenant, and by its place among those that have the
// same.
std::string Delivery::spool_folder_name(std::size_t client) const {
  const auto known_as = [this](std::size_t i) {
    const config::ClientConfig& config = config_.clients[i];
    return config.has_own_name ? config.name : clients_[i].own->host() + " " + config.tenant_id;
  };
  std::size_t before = 0;
  for (std::size_t i = 0; i < client; ++i) before += known_as(i) == known_as(client) ? 1 : 0;
  const std::string name = known_as(client);
  return LaneSpool::folder_name("client-", before == 0 ? name : fmt::format("{} {}", name, before + 1));
}

std::shared_ptr<ClientSpool> Delivery::make_spool(std::size_t client) const {
  const config::SpoolConfig& spool = config_.spool;
  std::string folder = spool.directory;
  if (folder.empty() && !config_.target_config.read_stdin) folder = config_.positions.filename + ".spool";
  if (spool.mode == config::SpoolConfig::Mode::kOff || folder.empty()) return nullptr;
  SpoolLimits limits;
  limits.max_bytes = spool.max_bytes;
  limits.max_age = std::chrono::duration_cast<std::chrono::seconds>(spool.max_age).count();
  limits.drop_oldest = spool.when_full == config::SpoolConfig::WhenFull::kDropOldest;
  limits.segment_bytes = std::min(limits.segment_bytes, spool.max_bytes / 4);
  // In place: it has what cannot be moved.
  return std::shared_ptr<ClientSpool>(new ClientSpool{
      control_, metrics_, spool_thread_, config_.clients[client].name,
      folder + "/" + spool_folder_name(client), limits, spool.mode == config::SpoolConfig::Mode::kAlways});
}

// What is read is for all clients and tenants: where one takes nothing, the others get nothing.
bool Delivery::may_hold_back_others(std::size_t client) const {
  const auto takes_entries = [](const Client& other) { return !other.is_standby; };
  return clients_[client].sender->lanes() > 1 || std::ranges::count_if(clients_, takes_entries) > 1;
}

void Delivery::start() {
  for (const Client& client : clients_) {
    if (!client.spool) continue;
    std::error_code none;
    for (const auto& folder : std::filesystem::directory_iterator(client.spool->folder, none)) {
      const std::string name = folder.path().filename().string();
      if (const auto tenant = LaneSpool::tenant_of(name)) client.sender->resume(*tenant);
    }
  }
  is_started_ = true;
  for (auto& [client, push] : std::exchange(early_, {})) clients_[client].sender->send(std::move(push));
}

// What was left is older than what has come here, and not on disk.
void Delivery::start_after(Delivery& replaced) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < replaced.clients_.size(); ++i) {
    const auto heir = heir_of(replaced, i);
    for (auto& push : replaced.clients_[i].sender->take_left()) {
      if (!heir) {
        drop_left(replaced, i, *push);
        continue;
      }
      budget_.take(*heir, push->cost());
      clients_[*heir].sender->go_on_with(std::move(push));
      ++left;
    }
  }
  if (left != 0) log::info("pushes go over to the clients of the new configuration", {{"pushes", left}});
  start();
}

// A client is known by its name; one that has no name of its own by its place among them.
std::optional<std::size_t> Delivery::heir_of(const Delivery& replaced, std::size_t client) const {
  const auto& clients = config_.clients;
  const config::ClientConfig& old = replaced.config_.clients[client];
  const auto same = std::ranges::find(clients, old.name, &config::ClientConfig::name);
  if (same != clients.end()) return static_cast<std::size_t>(same - clients.begin());
  if (old.has_own_name || client >= clients.size() || clients[client].has_own_name) return std::nullopt;
  const auto& before = replaced.config_.clients;
  const bool is_another =
      std::ranges::find(before, clients[client].name, &config::ClientConfig::name) != before.end();
  return is_another ? std::nullopt : std::optional(client);
}

// Nobody wants it any more.
void Delivery::drop_left(const Delivery& replaced, std::size_t client, const Push& push) {
  constexpr const char* kReason = "client_removed";
  const std::string& host = replaced.clients_[client].own->host();
  metrics_.dropped_entries(host, push.tenant, kReason).Increment(static_cast<double>(push.entries));
  metrics_.dropped_bytes(host, push.tenant, kReason).Increment(static_cast<double>(push.body.size()));
  metrics_.entries_done(replaced.config_.clients[client].name, "dropped", kReason, push.entries);
  push.receipt->part_settled();
}

bool Delivery::is_over() const {
  return std::ranges::all_of(clients_, [](const Client& client) { return client.sender->is_over(); });
}

std::vector<BatcherConfig> Delivery::batcher_configs() const {
  std::vector<BatcherConfig> configs;
  const config::LimitsConfig& limits = config_.limits_config;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].is_standby) continue;
    const config::ClientConfig& client = config_.clients[i];
    BatcherConfig batcher;
    batcher.client = i;
    batcher.name = client.name;
    batcher.batch_wait = client.batchwait;
    batcher.batch_size = static_cast<std::size_t>(std::max<std::int64_t>(client.batchsize, 1));
    batcher.external_labels = client.external_labels;
    batcher.tenant = client.tenant_id;
    batcher.match = client.match;
    batcher.match_place = client.match_place;
    batcher.relabel_configs = client.relabel_configs;
    batcher.max_line_size = limits.max_line_size;
    batcher.max_line_size_truncate = limits.max_line_size_truncate;
    batcher.max_streams = static_cast<std::size_t>(std::max<std::int64_t>(limits.max_streams, 0));
    batcher.shape = &clients_[i].shape;
    batcher.tracer = tracer_;
    configs.push_back(std::move(batcher));
  }
  return configs;
}

bool Delivery::idle() const {
  return early_.empty() &&
         std::ranges::all_of(clients_, [](const Client& client) { return client.sender->idle(); });
}

bool Delivery::empty() const {
  return early_.empty() &&
         std::ranges::all_of(clients_, [](const Client& client) { return client.sender->empty(); });
}

std::vector<SenderStatus> Delivery::status() const {
  std::vector<SenderStatus> all;
  for (const Client& client : clients_) all.push_back(client.sender->status());
  return all;
}

bool Delivery::has_spool() const {
  return std::ranges::any_of(clients_, [](const Client& client) { return client.spool != nullptr; });
}

std::optional<SpoolTroubles::Trouble> Delivery::spool_trouble() const {
  std::optional<SpoolTroubles::Trouble> found;
  for (const Client& client : clients_) {
    const auto trouble = client.spool ? client.spool->troubles.oldest() : std::nullopt;
    if (trouble && (!found || trouble->since < found->since)) found = trouble;
  }
  return found;
}

void Delivery::hurry() {
  for (const Client& client : clients_) client.sender->hurry();
}

boost::asio::awaitable<void> Delivery::stop() {
  for (const Client& client : clients_) client.sender->stop();
  spool_thread_->stop();
  // Its answers are posted by now.
  co_await boost::asio::post(control_, boost::asio::use_awaitable);
}

void Delivery::push_ready(std::size_t client, std::unique_ptr<Push> push) {
  budget_.take(client, push->cost());
  boost::asio::post(control_,
                    [this, client, push = std::move(push)]() mutable { send(client, std::move(push)); });
}

void Delivery::send(std::size_t client, std::unique_ptr<Push> push) {
  if (is_started_) return clients_[client].sender->send(std::move(push));
  early_.emplace_back(client, std::move(push));
}

void Delivery::entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = clients_[client].own->host();
  metrics_.dropped_entries(host, tenant, reason).Increment();
  metrics_.dropped_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
  metrics_.entries_done(config_.clients[client].name, "dropped", reason, 1);
  if (std::string_view(reason) == "stream_limited") metrics_.limits().count(Limit::kMaxStreams);
  if (std::string_view(reason) == "line_too_long") metrics_.limits().count(Limit::kMaxLineSize);
}

void Delivery::entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = clients_[client].own->host();
  metrics_.mutated_entries(host, tenant, reason).Increment();
  metrics_.mutated_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
  metrics_.limits().count(Limit::kMaxLineSize);
}

void Delivery::entries_taken(std::size_t client, std::size_t entries, std::size_t unmatched) {
  const std::string& name = config_.clients[client].name;
  metrics_.entries_taken(name, "pipelines", entries);
  if (unmatched != 0) metrics_.entries_done(name, "unmatched", "", unmatched);
}

void Delivery::log_accounts() const {
  for (const config::ClientConfig& client : config_.clients) {
    const auto account = metrics_.account(client.name);
    log::info("account of a client", {{"client", client.name},
                                      {"taken", account.taken},
                                      {"sent", account.sent},
                                      {"refused", account.refused},
                                      {"dropped", account.dropped},
                                      {"unmatched", account.unmatched},
                                      {"spooled", account.spooled},
                                      {"pending", account.pending()}});
  }
}

}  // namespace lokitail::agent
