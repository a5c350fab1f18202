// The pushes of one lane that are on disk: stored in their order, loaded in their order.
//
// A push that is stored is safe: its receipt is settled, and it takes no memory any more. A loaded one
// has a receipt that acknowledges it in the spool.
//
// Threads: delivery's thread, where the listener is called, too. The spool itself is touched on the
// spool's thread only.
// Ownership: shared with what is on its way between the threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/push.h"
#include "agent/delivery/spool_thread.h"
#include "agent/spool/spool.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {

// What does not work about the spools of one client, by tenant.
//
// Threads: any.
class SpoolTroubles {
 public:
  struct Trouble {
    std::string problem;
    std::chrono::system_clock::time_point since;
  };
  void set(const std::string& tenant, const std::string& problem);
  void clear(const std::string& tenant);
  // The oldest one.
  std::optional<Trouble> oldest() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Trouble> troubles_;  // guarded by it
};

// What the spools of one client share.
struct ClientSpool {
  boost::asio::io_context& control;  // outlives them, as the metrics do
  Metrics& metrics;
  std::shared_ptr<SpoolThread> thread;
  std::string client;  // its name
  std::string folder;  // with a folder for each tenant
  SpoolLimits limits;
  bool always = false;  // every push goes to disk first
  SpoolUse use{};       // the spool's thread only
  SpoolTroubles troubles{};
};

class LaneSpool : public std::enable_shared_from_this<LaneSpool> {
 public:
  using Pushes = std::vector<std::unique_ptr<Push>>;
  struct Listener {
    // A push is safe on disk.
    std::function<void(std::unique_ptr<Push>)> stored;
    // These could not be stored, nor will others be until store_again(). In their order.
    std::function<void(Pushes)> not_stored;
    // The next push, or null: there is none.
    std::function<void(std::unique_ptr<Push>)> loaded;
  };

  LaneSpool(std::shared_ptr<ClientSpool> client, std::string tenant, Listener listener);
  ~LaneSpool();

  // A name as the name of a folder.
  static std::string folder_name(std::string_view prefix, std::string_view name);
  // The tenant whose folder it is.
  static std::optional<std::string> tenant_of(std::string_view folder_name);

  void store(std::unique_ptr<Push> push);
  void store_again(Pushes pushes);
  // Calls loaded() once, the first time with what an earlier run left.
  void load();
  // Whether there is something on disk to be loaded, as far as is known.
  bool has_more() const { return has_more_; }
  // Makes acknowledgements durable, now rather than in a while.
  void save();

 private:
  // --- The spool's thread. ---
  struct Disk;
  void store_waiting();
  bool append(Pushes& waiting);
  void give_back(Pushes pushes);
  void acknowledge(Spool::Sequence sequence);
  void save_later();
  bool load_later();
  void save_now();
  void tell_stored(Pushes pushes);
  bool ready();
  void report(const std::string& problem);
  void count();

  const std::shared_ptr<ClientSpool> client_;
  const std::string tenant_;
  const Listener listener_;
  bool has_more_ = false;
  std::unique_ptr<Disk> disk_;  // the spool's thread
};

}  // namespace lokitail::agent
