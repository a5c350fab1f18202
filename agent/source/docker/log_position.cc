#include "agent/source/docker/log_position.h"

#include <charconv>

#include <fmt/format.h>

namespace lokitail::agent {
namespace {

// Takes a number and the character behind it off the text. False where they are not there.
template <typename Number>
bool take(std::string_view& text, Number& number, char behind) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (behind == '\0') return text.empty();
  if (text.empty() || text.front() != behind) return false;
  text.remove_prefix(1);
  return true;
}

bool take_mark(std::string_view& text, LogPosition::Mark& mark, char behind) {
  return take(text, mark.time.seconds, '.') && take(text, mark.time.nanoseconds, '/') &&
         mark.time.nanoseconds >= 0 && mark.time.nanoseconds < pipeline::kNanosecondsPerSecond &&
         take(text, mark.count, behind);
}

}  // namespace

std::string LogPosition::to_text() const {
  return fmt::format("{}.{:09}/{} {}.{:09}/{}", marks[0].time.seconds, marks[0].time.nanoseconds,
                     marks[0].count, marks[1].time.seconds, marks[1].time.nanoseconds, marks[1].count);
}

std::optional<LogPosition> LogPosition::parse(std::string_view text) {
  LogPosition position;
  if (!take_mark(text, position.marks[0], ' ') || !take_mark(text, position.marks[1], '\0')) {
    return std::nullopt;
  }
  return position;
}

ReadBefore::ReadBefore(const LogPosition& position) {
  for (std::size_t i = 0; i < kLogStreams; ++i) streams_[i].mark = position.marks[i];
}

bool ReadBefore::covers(LogStream of, pipeline::Timestamp time) {
  Stream& stream = streams_[index_of(of)];
  if (stream.passed) return false;
  if (time < stream.mark.time) return true;
  if (time == stream.mark.time && stream.seen < stream.mark.count) {
    ++stream.seen;
    return true;
  }
  stream.passed = true;
  return false;
}

}  // namespace lokitail::agent
