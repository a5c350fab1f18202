#include "pipeline/stage/partial_lines.h"

#include <iterator>

namespace lokitail::pipeline {

HeldEntry* PartialLines::find(Key key) {
  if (lines_.empty()) return nullptr;
  const auto line = lines_.find(key);
  return line == lines_.end() ? nullptr : &line->second.entry;
}

void PartialLines::begin(Key key, HeldEntry entry) {
  const std::size_t bytes = entry.line().size() + kEntryBytes;
  lines_.emplace(key, Line{std::move(entry), bytes});
  bytes_ += bytes;
}

void PartialLines::has_grown(Key key) {
  Line& line = lines_.at(key);
  const std::size_t bytes = line.entry.line().size() + kEntryBytes;
  bytes_ += bytes - line.bytes;
  line.bytes = bytes;
  line.since.reset();
}

HeldEntry PartialLines::take(Lines::iterator line) {
  auto node = lines_.extract(line);
  bytes_ -= node.mapped().bytes;
  return std::move(node.mapped().entry);
}

HeldEntry PartialLines::take(Key key) { return take(lines_.find(key)); }

template <typename Predicate>
std::vector<HeldEntry> PartialLines::take_if(Predicate wanted) {
  std::vector<HeldEntry> taken;
  for (auto line = lines_.begin(); line != lines_.end();) {
    const auto following = std::next(line);
    if (wanted(line->second)) taken.push_back(take(line));
    line = following;
  }
  return taken;
}

std::vector<HeldEntry> PartialLines::take_all() {
  return take_if([](const Line&) { return true; });
}

std::vector<HeldEntry> PartialLines::take_overdue(Timestamp now, std::int64_t wait) {
  return take_if([now, wait](Line& line) {
    // Whoever has made the next file is given as much time to write to it.
    if (!line.since || now < *line.since || line.entry.goes_on()) line.since = now;
    return difference(now, *line.since) >= wait;
  });
}

std::vector<HeldEntry> PartialLines::take_without_origin() {
  return take_if([](const Line& line) { return !line.entry.has_origin(); });
}

}  // namespace lokitail::pipeline
