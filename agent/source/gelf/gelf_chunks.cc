#include "agent/source/gelf/gelf_chunks.h"

#include <algorithm>
#include <utility>

namespace lokitail::agent {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kHeadBytes = 2 + kIdBytes + 2;

}  // namespace

std::optional<std::string> GelfChunks::take(std::string_view datagram, Clock::time_point now) {
  while (!messages_.empty() && now - messages_.front().since > kPatience) give_up_front();
  const std::size_t number =
      datagram.size() < kHeadBytes ? 0 : static_cast<unsigned char>(datagram[kHeadBytes - 2]);
  const std::size_t count =
      datagram.size() < kHeadBytes ? 0 : static_cast<unsigned char>(datagram[kHeadBytes - 1]);
  if (count == 0 || count > kMostChunks || number >= count) {
    ++given_up_;
    return std::nullopt;
  }
  Message& message = message_of(datagram.substr(2, kIdBytes), count, now);
  // Of another count, or a second time: the first one counts.
  if (number >= message.parts.size() || message.parts[number]) return std::nullopt;
  const std::string_view part = datagram.substr(kHeadBytes);
  message.parts[number].emplace(part);
  message.bytes += part.size();
  bytes_ += part.size();
  if (--message.missing == 0) {
    std::string whole;
    whole.reserve(message.bytes);
    for (const auto& piece : message.parts) whole += *piece;
    bytes_ -= message.bytes;
    std::erase_if(messages_, [&message](const Message& other) { return &other == &message; });
    return whole;
  }
  while (bytes_ > kMostWaitingBytes || messages_.size() > kMostWaiting) give_up_front();
  return std::nullopt;
}

GelfChunks::Message& GelfChunks::message_of(std::string_view id, std::size_t count, Clock::time_point now) {
  // What waits is mostly what came last.
  const auto found = std::find_if(messages_.rbegin(), messages_.rend(),
                                  [id](const Message& known) { return known.id == id; });
  if (found != messages_.rend()) return *found;
  return messages_.emplace_back(
      Message{std::string(id), now, std::vector<std::optional<std::string>>(count), count, 0});
}

void GelfChunks::give_up_front() {
  bytes_ -= messages_.front().bytes;
  messages_.pop_front();
  ++given_up_;
}

std::size_t GelfChunks::take_given_up() { return std::exchange(given_up_, 0); }

}  // namespace lokitail::agent
