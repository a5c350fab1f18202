#include "agent/source/docker/log_frames.h"

#include <algorithm>

#include "agent/source/docker/line_joiner.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent {
namespace {

constexpr std::size_t kHeaderBytes = 8;
// A time has 30 characters; no other zone than UTC was ever seen, but it would be longer.
constexpr std::size_t kLongestTime = 40;
constexpr std::size_t kTimeBytes = 31;  // with the space behind it

std::uint8_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }

}  // namespace

bool LogFrames::feed(std::string_view bytes) {
  buffer_ += bytes;
  while (terminal_ ? take_from_terminal(false) : take_frame()) {
  }
  buffer_.erase(0, next_);
  next_ = 0;
  return problem_.empty();
}

void LogFrames::finish() {
  if (terminal_) {
    while (take_from_terminal(true)) {
    }
  }
  buffer_.clear();
  next_ = 0;
}

bool LogFrames::take_frame() {
  const std::string_view bytes = std::string_view(buffer_).substr(next_);
  if (bytes.size() < kHeaderBytes) return false;
  const std::size_t size = std::size_t{byte_at(bytes, 4)} << 24 | std::size_t{byte_at(bytes, 5)} << 16 |
                           std::size_t{byte_at(bytes, 6)} << 8 | std::size_t{byte_at(bytes, 7)};
  const std::uint8_t stream = byte_at(bytes, 0);
  if (stream > 3 || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0 || size > kLargestFrame) {
    problem_ = "what the engine sends are no frames of a log";
    return false;
  }
  if (bytes.size() - kHeaderBytes < size) return false;
  const std::string_view payload = bytes.substr(kHeaderBytes, size);
  next_ += kHeaderBytes + size;
  if (stream == 3) {
    problem_ = "the engine: " + std::string(LineJoiner::trimmed(payload));
    return false;
  }
  add(stream == 2 ? LogStream::kStderr : LogStream::kStdout, payload);
  return true;
}

// Pieces are as long as they get, but for the last of a line.
bool LogFrames::take_from_terminal(bool is_end) {
  const std::string_view text = std::string_view(buffer_).substr(next_);
  if (text.empty()) return false;
  const std::size_t space = text.substr(0, kLongestTime).find(' ');
  if (space == text.npos && text.size() < kLongestTime && !is_end) return false;
  const std::size_t begin = space == text.npos ? 0 : space + 1;
  const bool continues = !cut_at_.empty() && text.substr(0, begin) == cut_at_;
  // What may be a time has to be there whole.
  const std::size_t full = LineJoiner::kPieceBytes + (continues ? kTimeBytes : 0);
  const std::size_t newline = text.substr(begin, LineJoiner::kPieceBytes).find('\n');
  if (newline == text.npos && text.size() - begin < full && !is_end) {
    if (!continues || !end_before_time(text.substr(begin))) return false;
  }
  std::size_t end =
      newline == text.npos ? std::min(text.size(), begin + LineJoiner::kPieceBytes) : begin + newline + 1;
  bool is_cut = newline == text.npos && end - begin == LineJoiner::kPieceBytes;
  if (continues) {
    const auto other = end_before_time(text.substr(begin));
    if (other && begin + *other < end) {
      end = begin + *other;
      is_cut = false;
    }
  }
  cut_at_ = is_cut ? std::string(text.substr(0, begin)) : std::string();
  next_ += end;
  add(LogStream::kStdout, text.substr(0, end));
  return true;
}

// Some drivers (local, journald) leave out the newline of a line that was cut: its last piece ends with the
// terminal's carriage return, and the next piece's time follows at once.
std::optional<std::size_t> LogFrames::end_before_time(std::string_view text) {
  for (std::size_t at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    pipeline::Timestamp ignored;
    if (rest.size() >= kTimeBytes && rest[kTimeBytes - 1] == ' ' &&
        pipeline::lang::parse_rfc3339(rest.substr(0, kTimeBytes - 1), ignored)) {
      return at + 1;
    }
  }
  return std::nullopt;
}

void LogFrames::add(LogStream stream, std::string_view payload) {
  const std::size_t space = payload.substr(0, kLongestTime).find(' ');
  pipeline::Timestamp time;
  if (space == payload.npos || !pipeline::lang::parse_rfc3339(payload.substr(0, space), time)) {
    ++without_time_;
    return;
  }
  piece_(stream, time, payload.substr(space + 1));
}

}  // namespace lokitail::agent
