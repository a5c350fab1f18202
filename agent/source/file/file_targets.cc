#include "agent/source/file/file_targets.h"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <utility>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <boost/asio/post.hpp>

#include "agent/clock.h"
#include "agent/telemetry/log.h"
#include "config/config.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {
namespace {

// What is settled is on disk this much later: many pushes together cost one write.
constexpr std::chrono::milliseconds kFlushDelay{50};

// Each file that is tailed is open. The soft limit is usually 1024, for the sake of programs that use
// select(); the hard one is meant for programs like this. Returns how many may be open then.
std::size_t raise_file_limit() {
  constexpr std::size_t kUsual = 1024;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUsual;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  const bool is_raised = before == limit.rlim_max || ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  return is_raised ? limit.rlim_max : before;
}

FollowerConfig follower_config(const FileTargetsConfig& config) {
  FollowerConfig follower;
  follower.grace = config.grace;
  const std::size_t most_open = raise_file_limit();
  follower.most_retired = config.most_retired.value_or(most_open / 2);
  follower.max_line_bytes = config.max_line_bytes;
  follower.use_inotify = config.use_inotify;
  return follower;
}

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily result;
  result.name = name;
  result.help = help;
  result.type = type;
  return result;
}

void add_value(prometheus::MetricFamily& to, std::uint64_t value, const std::string& path = {}) {
  prometheus::ClientMetric metric;
  if (!path.empty()) metric.label.push_back({"path", path});
  metric.gauge.value = static_cast<double>(value);
  metric.counter.value = static_cast<double>(value);
  to.metric.push_back(std::move(metric));
}

}  // namespace

FileTargetsConfig file_targets_config(const config::Config& config) {
  FileTargetsConfig result;
  result.sync_period = config.target_config.sync_period;
  result.per_file_metrics = config.server.per_file_metrics;
  result.min_poll = config.global.file_watch_config.min_poll_frequency;
  result.max_poll = config.global.file_watch_config.max_poll_frequency;
  return result;
}

// Promtail's metrics of files, and some of ours.
class FileTargets::Metrics final : public prometheus::Collectable {
 public:
  explicit Metrics(const FileTargets& targets) : targets_(targets), alive_(targets.alive_) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    if (alive_.expired()) return {};
    using prometheus::MetricType;
    auto read_bytes = family("promtail_read_bytes_total", "Number of bytes read.", MetricType::Gauge);
    auto file_bytes = family("promtail_file_bytes_total", "Number of bytes total.", MetricType::Gauge);
    auto lines = family("promtail_read_lines_total", "Number of lines read.", MetricType::Counter);
    auto settled = family("lokitail_settled_bytes_total", "Number of bytes of a file that are settled.",
                          MetricType::Gauge);
    auto cut = family("lokitail_cut_lines_total", "Number of lines that were cut because they were too long.",
                      MetricType::Counter);
    auto lag = family("lokitail_target_lag_bytes", "Number of bytes of a file that are not settled.",
                      MetricType::Gauge);
    auto late =
        family("lokitail_target_lag_seconds",
               "Seconds since the latest line was read of a file that has more; 0 where all is settled.",
               MetricType::Gauge);
    const std::int64_t now = system_time().to_unix_nanoseconds();
    const FileTotals& totals = targets_.follower_.totals();
    const auto paths = by_path();
    Values sum;
    for (const auto& [path, status] : paths) {
      const Values values = values_of(status, now);
      sum.add(values);
      if (!targets_.per_file_metrics_) continue;
      add_value(read_bytes, values.read, path);
      add_value(file_bytes, values.size, path);
      add_value(settled, values.settled, path);
      add_value(lines, status.lines, path);
      if (status.is_unpacked) continue;
      add_value(lag, values.lag, path);
      add_value(late, values.late, path);
    }
    if (!targets_.per_file_metrics_) {
      add_value(read_bytes, sum.read);
      add_value(file_bytes, sum.size);
      add_value(settled, sum.settled);
      add_value(lines, totals.lines.load(std::memory_order_relaxed));
      add_value(lag, sum.lag);
      add_value(late, sum.late);
    }
    add_value(cut, totals.cut_lines.load(std::memory_order_relaxed));
    return {std::move(read_bytes),
            std::move(file_bytes),
            std::move(lines),
            std::move(settled),
            std::move(cut),
            std::move(lag),
            std::move(late),
            total("promtail_files_active_total", "Number of active files.", MetricType::Gauge, paths.size()),
            total("promtail_targets_active_total", "Number of active total.", MetricType::Gauge,
                  targets_.targets()),
            total("lokitail_file_rotations_total", "Number of times a path led to another file, or to none.",
                  MetricType::Counter, targets_.counters().rotated),
            total("lokitail_file_truncations_total", "Number of times a file was truncated.",
                  MetricType::Counter, targets_.counters().truncated),
            total("lokitail_file_errors_total", "Number of times a file could not be opened or read.",
                  MetricType::Counter, targets_.counters().failed),
            total("lokitail_lost_bytes_total", "Number of bytes that were gone before they were read.",
                  MetricType::Counter, targets_.counters().lost_bytes)};
  }

 private:
  static prometheus::MetricFamily total(const char* name, const char* help, prometheus::MetricType type,
                                        std::uint64_t value) {
    auto result = family(name, help, type);
    add_value(result, value);
    return result;
  }

  struct Values {
    std::uint64_t read = 0, size = 0, settled = 0, lag = 0, late = 0;

    void add(const Values& other) {
      read += other.read, size += other.size, settled += other.settled, lag += other.lag;
      late = std::max(late, other.late);
    }
  };

  static Values values_of(const FileStatus& status, std::int64_t now) {
    Values values{status.read_offset, status.size, status.settled_offset};
    // Offsets of what is unpacked say nothing of the file's size.
    if (status.is_unpacked) return values;
    values.lag = status.size - std::min(status.size, status.settled_offset);
    const std::int64_t since = status.last_read == 0 ? 0 : std::max<std::int64_t>(now - status.last_read, 0);
    values.late = values.lag == 0 ? 0 : static_cast<std::uint64_t>(since / pipeline::kNanosecondsPerSecond);
    return values;
  }

  // One status for each path: of the file that is there now, or else of one that was.
  std::map<std::string, FileStatus> by_path() const {
    std::map<std::string, FileStatus> paths;
    for (FileStatus& status : targets_.status()) {
      const auto [known, is_new] = paths.try_emplace(status.path);
      const std::uint64_t lines = std::max(known->second.lines, status.lines);
      if (is_new || (known->second.retired && !status.retired)) known->second = std::move(status);
      known->second.lines = lines;
    }
    return paths;
  }

  const FileTargets& targets_;
  const std::weak_ptr<char> alive_;
};

FileTargets::FileTargets(boost::asio::io_context& control, FileTargetsConfig config, Positions& positions,
                         std::function<Worker&(const FileTarget&)> choose_worker)
    : positions_(positions),
      per_file_metrics_(config.per_file_metrics),
      flush_timer_(control),
      inotify_(control, [this] { events_were_lost(); }),
      poller_(control, std::max<std::chrono::nanoseconds>(config.min_poll, std::chrono::milliseconds(1)),
              std::max({config.min_poll, config.max_poll,
                        std::chrono::nanoseconds(std::chrono::milliseconds(1))})),
      follower_(control, follower_config(config), positions, inotify_, poller_, std::move(choose_worker)),
      discovery_(control, {config.sync_period, config.use_inotify}, follower_, inotify_, poller_) {
  positions_.on_change([this, &control, alive = std::weak_ptr(alive_)] {
    boost::asio::post(control, [this, alive] {
      if (!alive.expired()) flush_positions_soon();
    });
  });
}

FileTargets::~FileTargets() = default;

void FileTargets::add(FileTarget target) { discovery_.change({}, {std::move(target)}); }

void FileTargets::remove(const FileTarget& target) { discovery_.change({target}, {}); }

void FileTargets::change(const std::vector<FileTarget>& removed, std::vector<FileTarget> added) {
  discovery_.change(removed, std::move(added));
}

void FileTargets::start() { discovery_.start(); }

std::vector<std::shared_ptr<FileSource>> FileTargets::stop() {
  inotify_.tell_now();  // of files that were deleted just now
  discovery_.stop();
  follower_.stop();
  poller_.stop();
  inotify_.stop();
  return follower_.finish_lost();
}

std::vector<std::shared_ptr<FileSource>> FileTargets::finish() {
  stop();
  return follower_.finish();
}

bool FileTargets::ready() const { return follower_.reads_anything(); }

std::size_t FileTargets::targets() const { return discovery_.targets(); }

std::vector<FileStatus> FileTargets::status() const { return follower_.status(); }

FileCounters FileTargets::counters() const { return follower_.counters(); }

std::shared_ptr<prometheus::Collectable> FileTargets::metrics() { return std::make_shared<Metrics>(*this); }

void FileTargets::events_were_lost() {
  log::warn("inotify lost events; looking at everything again", {{"see", "fs.inotify.max_queued_events"}});
  follower_.check_all();
  discovery_.scan_soon();
}

void FileTargets::flush_positions_soon() {
  flush_timer_.expires_after(kFlushDelay);
  flush_timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (!cancelled && !alive.expired()) positions_.flush();
  });
}

}  // namespace lokitail::agent
