// A small HTTP proxy: requests in absolute form are passed on, CONNECT opens a tunnel.
//
// Threads: its own, one for each connection; requests() may be called from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lokitail::test {

class ForwardProxy {
 public:
  ForwardProxy();
  ~ForwardProxy();
  ForwardProxy(const ForwardProxy&) = delete;
  ForwardProxy& operator=(const ForwardProxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // The heads of all requests so far, each from its request line to the empty line.
  std::vector<std::string> requests() const;

 private:
  void accept_all();
  void serve(int connection);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::vector<int> connections_;       // guarded by mutex_
  std::vector<std::thread> servers_;   // the accepting thread's
  std::thread acceptor_;
};

}  // namespace lokitail::test
