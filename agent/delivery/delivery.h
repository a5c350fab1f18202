// From finished pushes to settled ones: all clients of the configuration, and the budget they share.
//
// Threads: constructed, stopped and destroyed on the control thread, where all sending happens.
// push_ready() and the other events are called by workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "agent/delivery/batcher.h"
#include "agent/delivery/budget.h"
#include "agent/delivery/sender.h"

namespace lokitail::agent {

class Delivery final : public BatcherEvents {
 public:
  // `clients` and `metrics` outlive it. Throws std::invalid_argument for a client that cannot be.
  Delivery(boost::asio::io_context& control, const std::vector<config::ClientConfig>& clients,
           Metrics& metrics, std::size_t max_bytes_in_flight);

  Budget& budget() { return budget_; }
  // How each client's batches are to be made.
  static std::vector<BatcherConfig> batcher_configs(const config::Config& config);

  bool idle() const;
  std::vector<SenderStatus> status() const;
  // Every waiting attempt is made now; for shutdown.
  void hurry();
  void stop();

  void push_ready(std::size_t client, std::unique_ptr<Push> push) override;
  void entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                     std::size_t bytes) override;
  void entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                     std::size_t bytes) override;

 private:
  boost::asio::io_context& control_;
  Metrics& metrics_;
  Budget budget_;
  std::vector<std::unique_ptr<Sender>> senders_;
};

}  // namespace lokitail::agent
