#include "agent/server/targets_json.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/server/json_answer.h"
#include "agent/source/file/file_targets.h"
#include "agent/source/target.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {
namespace {

constexpr std::size_t kUsualLimit = 2000;
// As Promtail: of each job no more than so many.
constexpr std::size_t kMostDropped = 100;

std::size_t limit_of(std::string_view query) {
  const std::string text = form_value(query, "limit").value_or("");
  std::size_t limit = kUsualLimit;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  return limit;
}

// Bytes that are not settled; nothing where offsets say nothing of the file's size.
std::optional<std::uint64_t> lag_of(const FileStatus& file) {
  if (file.is_unpacked) return std::nullopt;
  return file.size - std::min(file.size, file.settled_offset);
}

// By job and labels: what a target was before it was relabelled.
using Discovered = std::map<std::pair<std::string, config::LabelMap>, const TargetReport*>;

class TargetWriter {
 public:
  TargetWriter(JsonWriter& out, const Discovered& discovered)
      : out_(out), discovered_(discovered), now_(system_time().to_unix_nanoseconds()) {}

  void write(const FileStatus& file) {
    begin("file", file.job, file.is_stuck ? "stuck" : file.retired ? "retired" : "reading");
    out_.member("path", file.path);
    out_.members("labels", file.labels);
    out_.member("position", file.settled_offset);
    out_.member("read_position", file.read_offset);
    out_.member("size", file.size);
    out_.member("lines", file.lines);
    out_.member("cut_lines", file.cut_lines);
    out_.member("lines_per_second", file.lines_per_second);
    out_.member("bytes_per_second", file.bytes_per_second);
    write_lag(file);
    if (const TargetReport* const report = report_of(file))
      out_.members("discovered_labels", report->discovered);
    out_.end('}');
  }

  void write_unreadable(const std::string& path, const std::string& error) {
    begin("file", "", "unreadable");
    out_.member("path", path);
    out_.member("error", error);
    out_.end('}');
  }

  // A row for each of its parts. What it brings is counted for all of them together, in the first.
  void write(const Target& target) {
    std::vector<Target::Row> rows = target.rows();
    if (rows.empty()) rows.emplace_back();
    for (const Target::Row& row : rows) {
      begin(target.kind(), target.job(), target.ready() ? "ready" : "not ready");
      if (!row.name.empty()) out_.member("part", row.name);
      if (!row.position.empty()) out_.member("cursor", row.position);
      if (row.lag_messages) out_.member("lag_messages", *row.lag_messages);
      if (row.lag_seconds) out_.member("lag_seconds", *row.lag_seconds);
      if (&row == &rows.front()) write_traffic(target);
      out_.end('}');
    }
  }

 private:
  void begin(std::string_view kind, std::string_view job, std::string_view state) {
    out_.begin('{');
    out_.member("kind", kind);
    out_.member("job", job);
    out_.member("state", state);
  }

  void write_traffic(const Target& target) {
    const auto sources = target.traffic();
    if (sources.empty()) return;
    std::uint64_t lines = 0;
    std::int64_t last_read = 0;
    double per_second = 0, bytes_per_second = 0;
    for (const TargetTraffic* const source : sources) {
      lines += source->lines.load(std::memory_order_relaxed);
      last_read = std::max(last_read, source->last_read.load(std::memory_order_relaxed));
      per_second += source->rate.lines_per_second(now_);
      bytes_per_second += source->rate.bytes_per_second(now_);
    }
    out_.member("lines", lines);
    out_.member("lines_per_second", per_second);
    out_.member("bytes_per_second", bytes_per_second);
    if (last_read != 0) write_last_read(last_read);
  }

  void write_last_read(std::int64_t time) {
    out_.member("last_read", pipeline::timestamp_text(pipeline::Timestamp::from_unix_nanoseconds(time)));
  }

  void write_lag(const FileStatus& file) {
    const auto lag = lag_of(file);
    if (lag) out_.member("lag_bytes", *lag);
    if (file.last_read == 0) return;
    write_last_read(file.last_read);
    const double since = static_cast<double>(std::max<std::int64_t>(now_ - file.last_read, 0)) / 1e9;
    if (lag) out_.member("lag_seconds", *lag == 0 ? 0.0 : since);
  }

  const TargetReport* report_of(const FileStatus& file) const {
    auto found = discovered_.find({file.job, file.labels});
    if (found == discovered_.end()) {
      config::LabelMap labels = file.labels;
      labels.erase("filename");  // which reading adds
      found = discovered_.find({file.job, labels});
    }
    return found == discovered_.end() ? nullptr : found->second;
  }

  JsonWriter& out_;
  const Discovered& discovered_;
  const std::int64_t now_;
};

std::vector<TargetReport> all_reports(const ServedParts& parts, const std::optional<std::string>& job) {
  std::vector<TargetReport> reports = parts.reports();
  if (job) std::erase_if(reports, [&](const TargetReport& report) { return report.job != *job; });
  return reports;
}

void write_discovered(JsonWriter& out, const std::vector<TargetReport>& reports) {
  out.begin("discovered", '[');
  for (const TargetReport& report : reports) {
    if (!report.dropped.empty()) continue;
    out.begin('{');
    out.member("job", report.job);
    out.member("path", report.path);
    out.members("labels", report.labels);
    out.members("discovered_labels", report.discovered);
    out.end('}');
  }
  out.end(']');
  std::map<std::string, std::size_t> dropped;  // by job
  out.begin("dropped", '[');
  for (const TargetReport& report : reports) {
    if (report.dropped.empty() || ++dropped[report.job] > kMostDropped) continue;
    out.begin('{');
    out.member("job", report.job);
    out.member("reason", report.dropped);
    out.members("discovered_labels", report.discovered);
    out.end('}');
  }
  out.end(']');
  out.begin("dropped_total", '{');
  for (const auto& [job, count] : dropped) out.member(job, count);
  out.end('}');
}

}  // namespace

std::string targets_json(const ServedParts& parts, std::string_view query) {
  const std::optional<std::string> job = form_value(query, "job");
  const std::size_t limit = limit_of(query);
  const std::vector<TargetReport> reports = all_reports(parts, job);
  Discovered discovered;
  for (const TargetReport& report : reports) {
    if (report.dropped.empty()) discovered.emplace(std::pair(report.job, report.labels), &report);
  }
  std::vector<FileStatus> files = parts.files().status();
  if (job) std::erase_if(files, [&](const FileStatus& file) { return file.job != *job; });
  std::ranges::sort(files, [](const FileStatus& a, const FileStatus& b) {
    const auto lag_a = lag_of(a).value_or(0), lag_b = lag_of(b).value_or(0);
    return lag_a != lag_b ? lag_a > lag_b : std::tie(a.path, a.job) < std::tie(b.path, b.job);
  });

  std::string json;
  JsonWriter out(json);
  TargetWriter writer(out, discovered);
  out.begin('{');
  out.begin("targets", '[');
  std::size_t total = files.size();
  for (std::size_t i = 0; i < std::min(limit, files.size()); ++i) writer.write(files[i]);
  if (!job) {
    for (const auto& [path, error] : parts.files().unreadable()) writer.write_unreadable(path, error);
    total += parts.files().unreadable().size();
  }
  for (const Target* const target : parts.targets()) {
    if (job && target->job() != *job) continue;
    writer.write(*target);
    ++total;
  }
  out.end(']');
  out.member("total", total);
  write_discovered(out, reports);
  out.end('}');
  return json;
}

}  // namespace lokitail::agent
