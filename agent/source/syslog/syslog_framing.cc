#include "agent/source/syslog/syslog_framing.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lokitail::agent {

bool SyslogFraming::take(std::string_view bytes, const Handler& handler) {
  if (bytes.empty()) return true;
  if (method_ == Method::kUnknown) {
    const char first = bytes.front();
    if (first == '<') {
      method_ = Method::kLines;
    } else if (first >= '0' && first <= '9') {
      method_ = Method::kCounted;
    } else {
      return false;
    }
  }
  while (!bytes.empty()) {
    if (method_ == Method::kLines) {
      take_line(bytes, handler);
    } else if (in_message_) {
      take_counted(bytes, handler);
    } else if (!begin_counted(bytes)) {
      return false;
    }
  }
  return true;
}

bool SyslogFraming::end(const Handler& handler) {
  if (method_ == Method::kCounted) return !in_message_ && count_.empty();
  if (!kept_.empty()) hand_over(std::exchange(kept_, {}), handler);
  return true;
}

// "57 ". Senders that end a counted message with a newline all the same are borne with.
bool SyslogFraming::begin_counted(std::string_view& bytes) {
  constexpr std::size_t kMostDigits = 9;
  while (!bytes.empty()) {
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c == '\n' && count_.empty()) continue;
    if (c >= '0' && c <= '9' && count_.size() < kMostDigits) {
      count_ += c;
      continue;
    }
    std::from_chars(count_.data(), count_.data() + count_.size(), wanted_);
    if (c != ' ' || count_.empty() || wanted_ == 0) return false;
    count_.clear();
    in_message_ = true;
    return true;
  }
  return true;
}

void SyslogFraming::take_counted(std::string_view& bytes, const Handler& handler) {
  const std::string_view part = bytes.substr(0, wanted_);
  bytes.remove_prefix(part.size());
  wanted_ -= part.size();
  if (wanted_ > 0) return keep(part);
  in_message_ = false;
  if (kept_.empty()) return hand_over(part, handler);
  keep(part);
  hand_over(std::exchange(kept_, {}), handler);
}

// A line that begins in another way goes on with the message before it, but nothing waits for such a line.
void SyslogFraming::take_line(std::string_view& bytes, const Handler& handler) {
  std::size_t end = bytes.find('\n');
  while (end != bytes.npos && end + 1 < bytes.size() && bytes[end + 1] != '<')
    end = bytes.find('\n', end + 1);
  if (end == bytes.npos) return keep(std::exchange(bytes, {}));
  const std::string_view part = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  if (kept_.empty()) return hand_over(part, handler);
  keep(part);
  hand_over(std::exchange(kept_, {}), handler);
}

void SyslogFraming::keep(std::string_view bytes) {
  const std::size_t room = most_bytes_ - std::min(most_bytes_, kept_.size());
  cut_ = cut_ || bytes.size() > room;
  kept_.append(bytes.substr(0, room));
}

void SyslogFraming::hand_over(std::string_view message, const Handler& handler) {
  const bool was_cut = std::exchange(cut_, false) || message.size() > most_bytes_;
  message = message.substr(0, most_bytes_);
  if (method_ == Method::kLines) message = message.substr(0, message.find_last_not_of('\n') + 1);
  if (!message.empty()) handler(message, was_cut);
}

}  // namespace lokitail::agent
