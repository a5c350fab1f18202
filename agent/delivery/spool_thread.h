// The thread on which the spool is read and written: a disk may take seconds for a sync, and nothing
// else is to wait for it.
//
// Threads: post() may be called by delivery's thread and by what runs on this one. What is posted runs
// in its order.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/spool/spool_files.h"

namespace lokitail::agent {

class SpoolThread {
 public:
  explicit SpoolThread(std::unique_ptr<SpoolFiles> files)
      : files_(std::move(files)), work_(boost::asio::make_work_guard(io_)) {}
  SpoolThread(const SpoolThread&) = delete;
  SpoolThread& operator=(const SpoolThread&) = delete;
  ~SpoolThread() { stop(); }

  // Starts the thread with the first call. After stop() nothing is run any more.
  void post(std::function<void()> call);
  // Runs what was posted, and ends the thread. One other thread at a time.
  void stop();

  // For the thread itself.
  SpoolFiles& files() { return *files_; }
  boost::asio::io_context& io() { return io_; }

 private:
  const std::unique_ptr<SpoolFiles> files_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
  std::once_flag started_;
  bool stopped_ = false;
};

}  // namespace lokitail::agent
