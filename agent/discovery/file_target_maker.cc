#include "agent/discovery/file_target_maker.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <boost/container_hash/hash.hpp>

#include "agent/source/file/line_encoding.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;

// Beyond it all are forgotten, and told once more.
constexpr std::size_t kMostTold = 16'384;

std::string take(LabelMap& labels, const char* name) {
  const auto node = labels.extract(name);
  return node.empty() ? std::string() : node.mapped();
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
  if (!scrape.decompression) return;
  target.compression = compression_named(scrape.decompression->format);
  target.initial_delay = scrape.decompression->initial_delay;
}

}  // namespace

std::string host_name() {
  if (const char* const name = std::getenv("HOSTNAME"); name != nullptr && *name != '\0') return name;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

FileTargetMaker::FileTargetMaker(const config::ScrapeConfig& scrape)
    : scrape_(scrape), relabeler_(scrape.relabel_configs), host_(host_name()) {
  if (!scrape.encoding.empty()) LineEncoding(scrape.encoding);  // rather now than with the first file
}

FileTargetMaker::Outcome FileTargetMaker::try_make(LabelMap labels) const {
  Outcome outcome;
  if (!relabeler_.apply(labels, &outcome.rule)) {
    outcome.drop = Drop::kRelabelling;
    return outcome;
  }
  outcome.wanted_host = take(labels, "__host__");
  if (!outcome.wanted_host.empty() && outcome.wanted_host != host_) {
    outcome.drop = Drop::kOtherHost;
    return outcome;
  }
  FileTarget target;
  target.job = scrape_.job_name;
  target.path = take(labels, "__path__");
  target.exclude = take(labels, "__path_exclude__");
  if (target.path.empty()) return outcome;
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
  target.labels = std::move(labels);
  set_reading(target, scrape_);
  outcome.target = std::move(target);
  return outcome;
}

std::optional<FileTarget> FileTargetMaker::make(const LabelMap& labels) {
  Outcome outcome = try_make(labels);
  if (!outcome.target) tell(outcome, labels);
  return std::move(outcome.target);
}

bool FileTargetMaker::may_use(std::string_view label) const {
  constexpr std::array<std::string_view, 4> kOurs{"__address__", "__host__", "__path__", "__path_exclude__"};
  const bool is_kept = !label.starts_with("__") || std::ranges::find(kOurs, label) != kOurs.end();
  return is_kept || relabeler_.may_use(label);
}

void FileTargetMaker::tell(const Outcome& outcome, const LabelMap& discovered) {
  std::size_t key = static_cast<std::size_t>(outcome.drop);
  for (const auto& [name, value] : discovered) {
    boost::hash_combine(key, name);
    boost::hash_combine(key, value);
  }
  if (told_.size() >= kMostTold) told_.clear();
  if (!told_.insert(key).second) return;
  const auto address = discovered.find("__address__");
  const std::string target = address == discovered.end() ? std::string() : address->second;
  switch (outcome.drop) {
    case Drop::kRelabelling:
      log::info("target dropped by relabelling", {{"job", scrape_.job_name}, {"target", target}});
      return;
    case Drop::kOtherHost:
      log::debug("target is for another host",
                 {{"job", scrape_.job_name}, {"target", target}, {"host", outcome.wanted_host}});
      return;
    case Drop::kNoPath:
      log::info("no path for target", {{"job", scrape_.job_name}, {"target", target}});
      return;
  }
}

}  // namespace lokitail::agent
