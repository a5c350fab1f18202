#include "agent/command/demo/tally.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <simdjson.h>

namespace lokitail::agent::demo {
namespace {

constexpr std::size_t kLatest = 100;
constexpr std::size_t kTraces = 500;      // kept to choose from
constexpr std::size_t kTraceLines = 100;  // kept of each
constexpr std::size_t kLevels = 8;
constexpr std::size_t kShortId = 12;  // as `docker ps` shows it

// What is worth showing of a line. The whole line where it is no JSON object.
Shown look_into(const PushEntry& entry) {
  static simdjson::dom::parser parser;
  Shown shown;
  shown.time = entry.timestamp;
  simdjson::dom::object object;
  if (parser.parse(entry.line).get(object) != simdjson::SUCCESS) {
    shown.message = entry.line;  // as it is
    return shown;
  }
  const auto text = [&object](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      std::string_view value;
      if (object[name].get(value) == simdjson::SUCCESS) return std::string(value);
    }
    return std::string();
  };
  shown.source = text({"service"});
  shown.level = text({"level", "severity", "lvl"});
  shown.message = text({"message", "msg"});
  shown.trace_id = text({"trace_id", "traceId", "traceID"});
  shown.task_id = text({"task_id"});
  if (shown.message.empty()) shown.message = entry.line;
  return shown;
}

// .../<64 hex>/<64 hex>-json.log in the labels -> the first of the hex.
std::string container_of(const std::string& labels) {
  constexpr std::string_view kName = "filename=\"";
  const std::size_t begin = labels.find(kName);
  if (begin == std::string::npos) return "?";
  std::string path = labels.substr(begin + kName.size());
  path.resize(std::min(path.size(), path.find('"')));
  const std::size_t slash = path.rfind('/');
  return path.substr(slash == std::string::npos ? 0 : slash + 1, kShortId);
}

std::vector<Shown> in_order(std::vector<Shown> trace) {
  std::ranges::stable_sort(trace, {}, &Shown::time);
  return trace;
}

}  // namespace

void Tally::add_group(std::string_view name) { groups_.emplace_back().name = name; }

void Tally::wrote(std::size_t group, std::string_view line) {
  lines_[std::hash<std::string_view>()(line)] = {group, false};
  ++groups_[group].written;
  ++written_;
}

void Tally::take(const ReceivedPush& received) {
  if (!received.push) return;
  ++pushes_;
  body_bytes_ += received.body.size();
  bytes_ += received.size.bytes;
  for (const PushStream& stream : received.push->streams) {
    streams_.insert(stream.labels);
    for (const PushEntry& entry : stream.entries) take_entry(stream.labels, entry);
  }
}

void Tally::take_entry(const std::string& labels, const PushEntry& entry) {
  Shown shown = look_into(entry);
  if (knows_lines_) {
    const auto found = lines_.find(std::hash<std::string_view>()(entry.line));
    if (found == lines_.end()) {
      ++unknown_;
      return;
    }
    if (std::exchange(found->second.arrived, true)) {
      ++duplicates_;
      return;
    }
    Group& group = groups_[found->second.group];
    ++group.received;
    ++group.recent.back();
  } else {
    Group& group = group_of_container(labels);
    ++group.received;
    ++group.recent.back();
    if (shown.source.empty()) shown.source = group.name;
  }
  ++received_;
  if (levels_.contains(shown.level) || (!shown.level.empty() && levels_.size() < kLevels)) {
    ++levels_[shown.level];
  }
  remember(std::move(shown));
}

Group& Tally::group_of_container(const std::string& labels) {
  const auto [found, fresh] = containers_.try_emplace(container_of(labels), groups_.size());
  if (fresh) add_group(found->first);
  return groups_[found->second];
}

void Tally::remember(Shown shown) {
  if (!shown.trace_id.empty()) {
    const bool known = traces_.contains(shown.trace_id);
    if (known || traces_.size() < kTraces) {
      std::vector<Shown>& trace = traces_[shown.trace_id];
      if (trace.size() < kTraceLines) trace.push_back(shown);
    }
  }
  latest_.push_back(std::move(shown));
  if (latest_.size() > kLatest) latest_.pop_front();
}

void Tally::next_interval() {
  for (Group& group : groups_) {
    group.recent.pop_front();
    group.recent.push_back(0);
  }
}

std::vector<Shown> Tally::longest_trace() const {
  const std::vector<Shown>* best = nullptr;
  std::pair<std::size_t, std::size_t> best_size;
  for (const auto& [id, trace] : traces_) {
    std::set<std::string_view> sources;
    for (const Shown& shown : trace) sources.insert(shown.source);
    const std::pair size(sources.size(), trace.size());
    if (size <= best_size) continue;
    best = &trace;
    best_size = size;
  }
  return best ? in_order(*best) : std::vector<Shown>();
}

std::vector<Shown> Tally::trace(const std::string& id) const {
  const auto known = traces_.find(id);
  return known == traces_.end() ? std::vector<Shown>() : in_order(known->second);
}

}  // namespace lokitail::agent::demo
