#include "agent/discovery/static_targets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "agent/discovery/relabel.h"
#include "agent/source/file/line_encoding.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;

std::string host_name() {
  if (const char* const name = std::getenv("HOSTNAME"); name != nullptr && *name != '\0') return name;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string take(LabelMap& labels, const char* name) {
  const auto node = labels.extract(name);
  return node.empty() ? std::string() : node.mapped();
}

// What remains of a discovered target's labels becomes a file target, or nothing.
std::optional<FileTarget> file_target(const std::string& job, LabelMap labels,
                                      const Relabeler& relabeler, const std::string& host) {
  if (!relabeler.apply(labels)) {
    log::info("target dropped by relabelling", {{"job", job}});
    return std::nullopt;
  }
  const std::string wanted_host = take(labels, "__host__");
  if (!wanted_host.empty() && wanted_host != host) {
    log::debug("target is for another host", {{"job", job}, {"host", wanted_host}});
    return std::nullopt;
  }
  FileTarget target;
  target.job = job;
  target.path = take(labels, "__path__");
  target.exclude = take(labels, "__path_exclude__");
  if (target.path.empty()) {
    log::info("no path for target", {{"job", job}});
    return std::nullopt;
  }
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
  target.labels = std::move(labels);
  return target;
}

Compression compression_named(const std::string& format) {
  if (format == "gz") return Compression::kGzip;
  if (format == "z") return Compression::kZlib;
  if (format == "bz2") return Compression::kBzip2;
  return format == "xz" ? Compression::kXz : Compression::kZstd;
}

// How the job's files are to be read.
void set_reading(FileTarget& target, const config::ScrapeConfig& scrape) {
  target.encoding = scrape.encoding;
  target.spools = scrape.spools;
  if (!scrape.encoding.empty()) LineEncoding(scrape.encoding);  // rather now than with the first file
  if (!scrape.decompression) return;
  target.compression = compression_named(scrape.decompression->format);
  target.initial_delay = scrape.decompression->initial_delay;
}

}  // namespace

std::vector<FileTarget> static_targets(const config::Config& config) {
  const std::string host = host_name();
  std::vector<FileTarget> targets;
  for (const auto& scrape : config.scrape_configs) {
    const Relabeler relabeler(scrape.relabel_configs);
    for (const auto& group : scrape.static_configs) {
      // Each address of the list is a target of its own until __address__ is gone; relabel rules may
      // tell them apart.
      const std::vector<std::string> one_address = {"localhost"};
      for (const std::string& address : group.targets.empty() ? one_address : group.targets) {
        LabelMap labels = group.labels;
        labels["__address__"] = address;
        auto target = file_target(scrape.job_name, std::move(labels), relabeler, host);
        if (target) set_reading(*target, scrape);
        if (target && std::find(targets.begin(), targets.end(), *target) == targets.end()) {
          targets.push_back(std::move(*target));
        }
      }
    }
  }
  return targets;
}

}  // namespace lokitail::agent
