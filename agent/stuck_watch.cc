#include "agent/stuck_watch.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/source/file/file_source.h"
#include "agent/source/file/file_targets.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kShortestPeriod = std::chrono::milliseconds(100);
constexpr nanoseconds kLongestPeriod = std::chrono::minutes(1);

}  // namespace

StuckWatch::StuckWatch(boost::asio::io_context& control, FileTargets& files, nanoseconds patience,
                       std::function<std::string()> why)
    : files_(files), patience_(patience), why_(std::move(why)), timer_(control) {}

void StuckWatch::start() {
  if (patience_ > nanoseconds::zero()) look_later();
}

void StuckWatch::look_later() {
  const nanoseconds period = std::clamp(patience_ / 4, kShortestPeriod, kLongestPeriod);
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(period));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    files_.look_for_stuck(patience_, [this](const FileSource& source, std::uint64_t size, bool is_stuck) {
      tell(source, size, is_stuck);
    });
    look_later();
  });
}

void StuckWatch::tell(const FileSource& source, std::uint64_t size, bool is_stuck) const {
  if (!is_stuck) {
    log::info("a target goes on", {{"path", source.filename()}, {"job", source.job()}});
    return;
  }
  std::string reason = source.trouble() != 0 ? std::strerror(source.trouble()) : why_();
  if (reason.empty()) reason = "not known";
  log::warn("a target makes no progress though there is more to read",
            {{"path", source.filename()},
             {"job", source.job()},
             {"position", source.settled_offset()},
             {"size", size},
             {"seconds", std::chrono::duration_cast<std::chrono::seconds>(patience_).count()},
             {"reason", reason}});
}

std::vector<prometheus::MetricFamily> StuckWatch::Collect() const {
  prometheus::MetricFamily stuck{"lokitail_target_stuck",
                                 "Number of files that have more and of which nothing was settled for long.",
                                 prometheus::MetricType::Gauge,
                                 {}};
  stuck.metric.emplace_back().gauge.value = static_cast<double>(files_.stuck());
  return {std::move(stuck)};
}

}  // namespace lokitail::agent
