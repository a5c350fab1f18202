// Puts GELF messages together that came in several datagrams.
//
// A message whose chunks do not all come within kPatience is given up, as the specification says. What waits is
// bounded: beyond kMostWaitingBytes or kMostWaiting messages the oldest is given up.
//
// Threads: one at a time. Errors: take() answers nothing for what is no chunk, or not complete yet.
// Source:  docs.graylog.org, "GELF via UDP": 1e 0f, eight bytes of id, number and count of the chunk, 128 at
//          most.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

class GelfChunks {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{5};
  static constexpr std::size_t kMostChunks = 128;
  static constexpr std::size_t kMostWaiting = 1024;  // messages
  static constexpr std::size_t kMostWaitingBytes = std::size_t{8} << 20;

  static bool is_chunk(std::string_view datagram) { return datagram.starts_with("\x1e\x0f"); }

  // The message, where this chunk was the last one that was missing.
  std::optional<std::string> take(std::string_view datagram, Clock::time_point now);

  // Messages that were given up, and chunks that were none, since it was last asked.
  std::size_t take_given_up();
  std::size_t waiting() const { return messages_.size(); }

 private:
  struct Message {
    std::string id;
    Clock::time_point since;
    std::vector<std::optional<std::string>> parts;
    std::size_t missing = 0;
    std::size_t bytes = 0;
  };

  Message& message_of(std::string_view id, std::size_t count, Clock::time_point now);
  void give_up_front();

  std::list<Message> messages_;  // the oldest first
  std::size_t bytes_ = 0;
  std::size_t given_up_ = 0;
};

}  // namespace lokitail::agent
