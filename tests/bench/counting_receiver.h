// A Loki that does next to nothing, for who measures what an agent can do on the same cores: what is pushed is counted
// and thrown away without having been copied.
//
// Threads: one for each connection, one that takes them. counts() may be called from any.
// Errors:  std::system_error where it cannot listen. A connection on which something else comes is closed.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace lokitail::bench {

class CountingReceiver {
 public:
  struct Counts {
    std::uint64_t pushes = 0;
    std::uint64_t body_bytes = 0;
    double first = 0;  // when the first and the last push had come, in seconds of CLOCK_MONOTONIC
    double last = 0;
  };

  // Listens on a free port of 127.0.0.1.
  CountingReceiver();
  CountingReceiver(const CountingReceiver&) = delete;
  CountingReceiver& operator=(const CountingReceiver&) = delete;
  ~CountingReceiver();

  unsigned short port() const { return port_; }
  Counts counts() const;

 private:
  void accept_all();
  void serve(int connection);
  bool take_push(int connection, std::string& head);

  int listener_;
  unsigned short port_ = 0;
  mutable std::mutex mutex_;
  Counts counts_;
  std::list<int> connections_;
  std::list<std::thread> servers_;
  std::thread acceptor_;
};

}  // namespace lokitail::bench
