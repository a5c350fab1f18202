// From finished pushes to settled ones: all clients of the configuration, and the budget they share.
//
// Another may take its place while workers go on: they hand over to the new one, which keeps what comes until the
// old one has got rid of what it had; what is left then is the new one's.
//
// Threads: constructed, stopped and destroyed on the control thread, where all sending happens.
// push_ready() and the other events are called by workers.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/delivery/batcher.h"
#include "agent/delivery/budget.h"
#include "agent/delivery/sender.h"

namespace lokitail::agent {

class Delivery final : public BatcherEvents {
 public:
  // `metrics` outlive it. Throws std::invalid_argument for a client that cannot be.
  // `spools`: whether anything may be written. `tracer` may be null. Where it is to take the place of `replaced`, it
  // goes on with the connections of clients that are the same.
  Delivery(boost::asio::io_context& control, std::shared_ptr<const config::Config> config, Metrics& metrics,
           bool spools, std::shared_ptr<Tracer> tracer = nullptr, const Delivery* replaced = nullptr);
  ~Delivery() override;

  Budget& budget() { return budget_; }
  const Budget& budget() const { return budget_; }
  // How each client's batches are to be made. Clients that others fail over to have none.
  std::vector<BatcherConfig> batcher_configs() const;

  // Sends what an earlier run left on disk, and what has come since.
  void start();
  // The same for what takes the place of `replaced`, which is stopped: with the pushes that it has left in memory.
  // Those of clients that are no more are dropped, and counted.
  void start_after(Delivery& replaced);
  // After stop(): whether nothing of it is used any more.
  bool is_over() const;

  // Nothing is in memory.
  bool idle() const;
  // Nor on disk.
  bool empty() const;
  // By client.
  std::vector<SenderStatus> status() const;
  bool has_spool() const;
  // What has not worked about a spool for the longest time.
  std::optional<SpoolTroubles::Trouble> spool_trouble() const;
  // Every waiting attempt is made now; for shutdown.
  void hurry();
  // Says in the log what became of the entries of each client.
  void log_accounts() const;
  // Stops all sending; over when the disk has told what it has of that which was on its way there.
  boost::asio::awaitable<void> stop();

  void push_ready(std::size_t client, std::unique_ptr<Push> push) override;
  void entry_dropped(std::size_t client, const std::string& tenant, const char* reason,
                     std::size_t bytes) override;
  void entry_mutated(std::size_t client, const std::string& tenant, const char* reason,
                     std::size_t bytes) override;
  void entries_taken(std::size_t client, std::size_t entries, std::size_t unmatched) override;

 private:
  // One of the configuration's clients.
  struct Client {
    std::shared_ptr<Destination> own;
    std::vector<std::shared_ptr<Destination>> destinations;  // its own, and those it fails over to
    bool is_standby = false;                                 // others fail over to it
    PushShape shape;
    std::shared_ptr<ClientSpool> spool;
    std::unique_ptr<Sender> sender;
  };

  static std::shared_ptr<Destination> find_destination(const Delivery& among,
                                                       const config::ClientConfig& config);
  void send(std::size_t client, std::unique_ptr<Push> push);
  std::optional<std::size_t> heir_of(const Delivery& replaced, std::size_t client) const;
  void drop_left(const Delivery& replaced, std::size_t client, const Push& push);
  std::string spool_folder_name(std::size_t client) const;
  std::shared_ptr<ClientSpool> make_spool(std::size_t client) const;
  bool may_hold_back_others(std::size_t client) const;

  boost::asio::io_context& control_;
  const std::shared_ptr<const config::Config> shared_config_;
  const config::Config& config_;
  Metrics& metrics_;
  Budget budget_;
  DeadLetters dead_letters_;
  const std::shared_ptr<Tracer> tracer_;  // null: there are no traces
  const std::shared_ptr<SpoolThread> spool_thread_;
  std::deque<Client> clients_;  // by index in the configuration
  bool is_started_ = false;
  std::vector<std::pair<std::size_t, std::unique_ptr<Push>>> early_;  // by client: what came before the start
};

}  // namespace lokitail::agent
