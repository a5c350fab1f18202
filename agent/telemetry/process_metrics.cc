#include "agent/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace lokitail::agent {
namespace {

prometheus::MetricFamily metric(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric sample;
  if (type == prometheus::MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  family.metric.push_back(std::move(sample));
  return family;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

const double kStarted = static_cast<double>(std::time(nullptr));

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> all;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    all.push_back(metric("process_cpu_seconds_total", "User and system CPU time in seconds.",
                         MetricType::Counter, seconds(usage.ru_utime) + seconds(usage.ru_stime)));
  }
  double size = 0;
  double resident = 0;  // both in pages
  if (std::ifstream("/proc/self/statm") >> size >> resident) {
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    all.push_back(metric("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge,
                         size * page));
    all.push_back(metric("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
                         resident * page));
  }
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (!error) {
    all.push_back(metric("process_open_fds", "Number of open file descriptors.", MetricType::Gauge,
                         static_cast<double>(std::distance(begin(descriptors), end(descriptors)))));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    all.push_back(metric("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
                         static_cast<double>(limit.rlim_cur)));
  }
  all.push_back(metric("process_start_time_seconds",
                       "Start time of the process since the Unix epoch in seconds.", MetricType::Gauge,
                       kStarted));
  return all;
}

}  // namespace lokitail::agent
