// Takes what the Docker engine's logs endpoint sends (with timestamps=1) apart.
//
// Without a terminal that is frames: [stream, 0, 0, 0, size as 32 bits, big endian], then a time, a space and
// a piece of a line. With a terminal it is times and pieces one behind the other, all of them stdout; where one
// ends is told by its newline, or by its size.
//
// Threads: belongs to one. Errors: what has no time is counted; bytes that are no frames end the reading.
// Source:  Docker Engine API, ContainerAttach "Stream format"; moby's pkg/stdcopy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/source/docker/log_stream.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

class LogFrames {
 public:
  // `piece` may end in a newline or not; it is valid during the call.
  using Piece = std::function<void(LogStream stream, pipeline::Timestamp time, std::string_view piece)>;
  // A frame beyond this is none: the engine makes them of pieces.
  static constexpr std::size_t kLargestFrame = std::size_t{8} << 20;

  LogFrames(bool terminal, Piece piece) : terminal_(terminal), piece_(std::move(piece)) {}

  // False where the bytes are no frames, or the engine has reported an error: see problem().
  [[nodiscard]] bool feed(std::string_view bytes);
  // Nothing more comes: the rest of a terminal's text is a piece, too.
  void finish();

  // Pieces that were dropped since they had no time.
  std::uint64_t without_time() const { return without_time_; }
  const std::string& problem() const { return problem_; }

 private:
  bool take_frame();
  bool take_from_terminal(bool is_end);
  static std::optional<std::size_t> end_before_time(std::string_view text);
  void add(LogStream stream, std::string_view payload);

  const bool terminal_;
  const Piece piece_;
  std::string buffer_;
  std::size_t next_ = 0;  // in the buffer
  std::string cut_at_;    // the time of a terminal's line that goes on in the next piece; empty for none
  std::uint64_t without_time_ = 0;
  std::string problem_;
};

}  // namespace lokitail::agent
