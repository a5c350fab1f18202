#include "agent/delivery/delivery.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace lokitail::agent {

Delivery::Delivery(boost::asio::io_context& control, const config::Config& config, Metrics& metrics)
    : control_(control),
      config_(config),
      metrics_(metrics),
      budget_(config.limits_config.max_bytes_in_flight, config.clients.size()),
      dead_letters_(config.dead_letters),
      clients_(config.clients.size()) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].own = std::make_unique<Destination>(control, config.clients[i]);
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    client.destinations = {client.own.get()};
    for (const std::string& name : config.clients[i].failover_to) {
      const auto standby = std::ranges::find(config.clients, name, &config::ClientConfig::name);
      Client& other = clients_[static_cast<std::size_t>(standby - config.clients.begin())];
      client.destinations.push_back(other.own.get());
      other.is_standby = true;
    }
    client.sender = std::make_unique<Sender>(LaneContext{control, config.clients[i], i,
                                                         client.destinations, metrics, budget_,
                                                         client.shape, dead_letters_});
  }
}

std::vector<BatcherConfig> Delivery::batcher_configs() const {
  std::vector<BatcherConfig> configs;
  const config::LimitsConfig& limits = config_.limits_config;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].is_standby) continue;
    const config::ClientConfig& client = config_.clients[i];
    BatcherConfig batcher;
    batcher.client = i;
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
    configs.push_back(std::move(batcher));
  }
  return configs;
}

bool Delivery::idle() const {
  return std::ranges::all_of(clients_, [](const Client& client) { return client.sender->idle(); });
}

std::vector<SenderStatus> Delivery::status() const {
  std::vector<SenderStatus> all;
  for (const Client& client : clients_) all.push_back(client.sender->status());
  return all;
}

void Delivery::hurry() {
  for (const Client& client : clients_) client.sender->hurry();
}

void Delivery::stop() {
  for (const Client& client : clients_) client.sender->stop();
}

void Delivery::push_ready(std::size_t client, std::unique_ptr<Push> push) {
  budget_.take(client, push->cost());
  boost::asio::post(control_, [sender = clients_[client].sender.get(), push = std::move(push)]() mutable {
    sender->send(std::move(push));
  });
}

void Delivery::entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = clients_[client].own->host();
  metrics_.dropped_entries(host, tenant, reason).Increment();
  metrics_.dropped_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
  metrics_.client_entries(config_.clients[client].name, "dropped", reason).Increment();
}

void Delivery::entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = clients_[client].own->host();
  metrics_.mutated_entries(host, tenant, reason).Increment();
  metrics_.mutated_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
}

void Delivery::entries_unmatched(std::size_t client, std::size_t entries) {
  metrics_.client_entries(config_.clients[client].name, "unmatched", "")
      .Increment(static_cast<double>(entries));
}

}  // namespace lokitail::agent
