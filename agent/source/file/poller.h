// Looks at things again and again where nobody tells about changes: files on network filesystems, or
// where the limit of watches is reached. What is idle is looked at less and less often.
//
// One timer for all of them. Threads: the io_context's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lokitail::agent {

class Poller {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;  // 0 is none
  // Looks; says whether it found something new.
  using Look = std::function<bool()>;

  Poller(boost::asio::io_context& io, std::chrono::nanoseconds shortest, std::chrono::nanoseconds longest)
      : timer_(io),
        shortest_(std::chrono::duration_cast<Clock::duration>(shortest)),
        longest_(std::chrono::duration_cast<Clock::duration>(longest)) {}

  Ticket add(Look look);
  void remove(Ticket ticket);
  void stop();

 private:
  struct Item {
    Look look;
    Clock::duration interval;
    Clock::time_point due;
  };
  void schedule();
  void run();

  boost::asio::steady_timer timer_;
  const Clock::duration shortest_;
  const Clock::duration longest_;
  std::unordered_map<Ticket, Item> items_;
  std::multimap<Clock::time_point, Ticket> due_;
  Ticket next_ = 1;
  bool stopped_ = false;
  bool running_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for handlers on their way
};

}  // namespace lokitail::agent
