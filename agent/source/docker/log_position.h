// How far a container's log was read, told by the times of its entries: of each stream the time of the last
// entry, and how many bear that very time. Each stream has a mark of its own, since the engine keeps no order
// between the two.
//
// Threads: plain values. Errors: a text that is none is no position.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/source/docker/log_stream.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

struct LogPosition {
  struct Mark {
    pipeline::Timestamp time;  // 0 where nothing was read
    std::uint32_t count = 0;   // of the entries that bear it
    bool operator==(const Mark&) const = default;
  };
  std::array<Mark, kLogStreams> marks;

  bool operator==(const LogPosition&) const = default;

  void passed(LogStream stream, pipeline::Timestamp time) {
    Mark& mark = marks[index_of(stream)];
    mark.count = mark.time == time ? mark.count + 1 : 1;
    mark.time = time;
  }
  pipeline::Timestamp newest() const { return std::max(marks[0].time, marks[1].time); }

  // Promtail's cursor: everything before this second was read, and perhaps some of it.
  static LogPosition at_second(std::int64_t second) {
    LogPosition position;
    position.marks.fill({{second, 0}, 0});
    return position;
  }

  // "1700000000.123456789/1 0.000000000/0": of stdout and stderr.
  std::string to_text() const;
  static std::optional<LogPosition> parse(std::string_view text);
};

// Passes over what was read up to a position, when a log is read again.
class ReadBefore {
 public:
  explicit ReadBefore(const LogPosition& position);

  // Whether this entry, the next of the stream, was read before. Once one was not, none that follows was,
  // whatever its time: clocks are set back.
  bool covers(LogStream stream, pipeline::Timestamp time);

 private:
  struct Stream {
    LogPosition::Mark mark;
    std::uint32_t seen = 0;
    bool passed = false;
  };
  std::array<Stream, kLogStreams> streams_;
};

}  // namespace lokitail::agent
