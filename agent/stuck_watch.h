// Looks now and then whether there are targets that have more and do not get on (target_config.stuck_after): told once
// in the log, with the reason as far as it is known, and counted in lokitail_target_stuck.
//
// Threads: the control thread. Ownership: what it is given outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lokitail::agent {

class FileSource;
class FileTargets;

class StuckWatch final : public prometheus::Collectable {
 public:
  // `why`: what holds up all targets at present; empty where nothing is known.
  StuckWatch(boost::asio::io_context& control, FileTargets& files, std::chrono::nanoseconds patience,
             std::function<std::string()> why);

  // Does nothing where the patience is 0.
  void start();
  void stop() { timer_.cancel(); }
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void look_later();
  void tell(const FileSource& source, std::uint64_t size, bool is_stuck) const;

  FileTargets& files_;
  const std::chrono::nanoseconds patience_;
  const std::function<std::string()> why_;
  boost::asio::steady_timer timer_;
};

}  // namespace lokitail::agent
