#include "agent/delivery/delivery.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace lokitail::agent {

Delivery::Delivery(boost::asio::io_context& control,
                   const std::vector<config::ClientConfig>& clients, Metrics& metrics,
                   std::size_t max_bytes_in_flight)
    : control_(control), metrics_(metrics), budget_(max_bytes_in_flight) {
  for (const auto& client : clients) {
    senders_.push_back(std::make_unique<Sender>(control, client, metrics, budget_));
  }
}

std::vector<BatcherConfig> Delivery::batcher_configs(const config::Config& config) {
  std::vector<BatcherConfig> configs;
  for (const auto& client : config.clients) {
    BatcherConfig batcher;
    batcher.client = configs.size();
    batcher.batch_wait = client.batchwait;
    batcher.batch_size = static_cast<std::size_t>(std::max<std::int64_t>(client.batchsize, 1));
    batcher.external_labels = client.external_labels;
    batcher.tenant = client.tenant_id;
    batcher.max_line_size = config.limits_config.max_line_size;
    batcher.max_line_size_truncate = config.limits_config.max_line_size_truncate;
    batcher.max_streams = static_cast<std::size_t>(std::max<std::int64_t>(config.limits_config.max_streams, 0));
    configs.push_back(std::move(batcher));
  }
  return configs;
}

bool Delivery::idle() const {
  return std::ranges::all_of(senders_, [](const auto& sender) { return sender->idle(); });
}

std::vector<SenderStatus> Delivery::status() const {
  std::vector<SenderStatus> all;
  for (const auto& sender : senders_) all.push_back(sender->status());
  return all;
}

void Delivery::hurry() {
  for (const auto& sender : senders_) sender->hurry();
}

void Delivery::stop() {
  for (const auto& sender : senders_) sender->stop();
}

void Delivery::push_ready(std::size_t client, std::unique_ptr<Push> push) {
  budget_.take(push->cost());
  boost::asio::post(control_, [sender = senders_[client].get(), push = std::move(push)]() mutable {
    sender->send(std::move(push));
  });
}

void Delivery::entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = senders_[client]->host();
  metrics_.dropped_entries(host, tenant, reason).Increment();
  metrics_.dropped_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
}

void Delivery::entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                             std::size_t bytes) {
  const std::string& host = senders_[client]->host();
  metrics_.mutated_entries(host, tenant, reason).Increment();
  metrics_.mutated_bytes(host, tenant, reason).Increment(static_cast<double>(bytes));
}

}  // namespace lokitail::agent
