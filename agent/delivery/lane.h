// Sends the pushes of one tenant of one client until each is settled: stored, or refused for good and
// counted.
//
// Several pushes are on their way at a time, as many as Loki and the network bear
// (concurrency_window.h), but never two with entries of the same stream: the entries of a stream
// arrive in order. A stream that Loki throttles waits by itself: what later pushes have of it is cut
// out of them and waits, too.
//
// What cannot be read again from its source goes to disk, where its receipt is settled, and so does what
// would hold back others while this lane is in trouble (lane_spool.h). What somebody waits for who would send it again
// goes there only if Loki does not take it soon. Whatever is on disk is younger
// than what is in the queue, and what comes then goes behind it.
//
// Threads: delivery's io_context thread only.
// Ownership: shared with the requests that are on their way.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/answer.h"
#include "agent/delivery/backoff.h"
#include "agent/delivery/budget.h"
#include "agent/delivery/concurrency_window.h"
#include "agent/delivery/dead_letters.h"
#include "agent/delivery/destination.h"
#include "agent/delivery/lane_spool.h"
#include "agent/delivery/push.h"
#include "agent/delivery/push_shape.h"
#include "agent/delivery/route.h"
#include "agent/telemetry/metrics.h"
#include "config/config.h"

namespace lokitail::agent {

// What all lanes of a client share. Everything outlives them.
struct LaneContext {
  boost::asio::io_context& io;
  const config::ClientConfig& config;
  std::size_t client;                                             // its index in the configuration
  const std::vector<std::shared_ptr<Destination>>& destinations;  // the client's own first
  Metrics& metrics;
  Budget& budget;
  PushShape& shape;
  DeadLetters& dead_letters;
  std::shared_ptr<ClientSpool> spool;          // null: there is none
  std::function<bool()> may_hold_back_others;  // whether there are any
  std::shared_ptr<Tracer> tracer{};            // null: there are no traces
};

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(const LaneContext& context, std::string tenant);

  // Takes a push that is in the budget already.
  void take(std::unique_ptr<Push> push);
  // Sends what an earlier run left on disk.
  void resume();

  // Nothing is in memory.
  bool idle() const { return queue_.empty() && storing_ == 0 && unstored_.empty(); }
  // Nor on disk.
  bool empty() const { return idle() && !something_on_disk(); }
  std::size_t queued() const { return queue_.size() + storing_ + unstored_.size(); }
  // What Loki, or the network, said last; empty if that was good.
  const std::string& trouble() const { return trouble_; }
  // Since when. REQUIRES: it is not empty.
  std::chrono::system_clock::time_point trouble_since() const { return trouble_since_; }
  // Streams of which Loki takes no more for now.
  std::size_t throttled_streams() const { return throttles_.size(); }
  bool uses_standby() const { return route_.current() != 0; }
  std::size_t in_flight() const { return in_flight_; }
  // The latest answer, if there was one yet.
  struct LastAnswer {
    int status = 0;  // of HTTP; 0: none came
    std::chrono::system_clock::time_point time{};
  };
  const std::optional<LastAnswer>& last_answer() const { return last_answer_; }
  // How long the oldest push in memory has been waiting; zero without one.
  std::chrono::nanoseconds oldest_wait() const;
  // Where pushes go now.
  const std::string& host() const { return requests_[route_.current()].destination().host(); }

  // Ends the wait between attempts. For shutdown.
  void hurry();
  // Stops where it is; what it holds stays unsettled, save what the disk turns out to have.
  void stop();
  // After stop(), and after the disk's answers: the pushes that are nowhere but in memory, in their order.
  std::vector<std::unique_ptr<Push>> take_left();

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    std::unique_ptr<Push> push;
    bool in_flight = false;
    bool is_on_disk = false;   // it is sent from there in any case, whatever comes of this attempt
    Clock::time_point sent{};  // last
    int attempts = 0;
    Clock::time_point came = Clock::now();
  };
  using Queue = std::list<Waiting>;
  // A stream of which Loki takes no more for now.
  struct Throttle {
    Backoff backoff;
    Clock::time_point until{};
  };

  bool belongs_on_disk(const Push& push) const;
  bool holds_back_others() const;
  bool is_in_trouble() const;
  bool something_on_disk() const;
  LaneSpool& spool();
  void store(std::unique_ptr<Push> push);
  void stored(const Push& push);
  void not_stored(LaneSpool::Pushes pushes);
  void store_again();
  void load();
  void loaded(std::unique_ptr<Push> push);
  void trace_loaded(Push& push) const;
  void make_way();
  void watch();

  void pump();
  bool may_go(const Waiting& waiting, const StreamIds& ahead, Clock::time_point now) const;
  Queue::iterator set_apart(Queue::iterator item);
  void launch(Queue::iterator item);
  boost::asio::awaitable<void> attempt(Queue::iterator item);
  void handle(Queue::iterator item, const Answer& answer, const http::Response& response,
              const Destination& destination);

  void settle(Queue::iterator item);
  void count_sent(const Push& push, std::size_t entries, const Destination& destination);
  void refuse(Queue::iterator item, const Answer& answer, const http::Response& response,
              const Destination& destination);
  void halve(Queue::iterator item, const Answer& answer, const http::Response& response);
  void learned(const char* limit, std::size_t value);
  void throttle(Queue::iterator item, const Answer& answer, const http::Response& response);
  void retry(Queue::iterator item, const Answer& answer, const http::Response& response);
  void back_off(const Answer& answer, const http::Response& response);
  void in_trouble(const http::Response& response);
  void drop(Queue::iterator item, const std::string& reason, std::string_view error);
  void bury(const Push& push, const std::vector<std::size_t>& entries, std::string_view reason,
            std::string_view error);

  bool gives_up(const Waiting& waiting, const http::Response& response) const;
  void replace(Queue::iterator item, std::unique_ptr<Push> first, std::unique_ptr<Push> second);
  void pause(Clock::duration length);
  void wake_for_throttled();
  void update_shape();

  const LaneContext context_;
  const std::string tenant_;
  std::deque<Requests> requests_;  // by destination
  Route route_;
  ConcurrencyWindow window_;
  Backoff backoff_;
  Backoff slow_backoff_;
  boost::asio::steady_timer pause_timer_;
  boost::asio::steady_timer throttle_timer_;
  Queue queue_;
  std::size_t in_flight_ = 0;
  std::map<StreamId, Throttle> throttles_;
  std::string trouble_;
  std::chrono::system_clock::time_point trouble_since_{};
  std::optional<LastAnswer> last_answer_;
  std::shared_ptr<LaneSpool> spool_;  // once it is needed
  std::size_t storing_ = 0;           // pushes on their way to disk
  LaneSpool::Pushes unstored_;        // that the disk did not take; younger than those there
  bool loading_ = false;
  std::optional<Clock::time_point> disk_refused_;  // last
  boost::asio::steady_timer store_timer_;
  boost::asio::steady_timer watch_timer_;
  bool watching_ = false;
  bool pausing_ = false;
  bool stopping_ = false;
};

}  // namespace lokitail::agent
