#include "agent/source/file/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace lokitail::agent {
namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds kShortestPause{20};
constexpr std::chrono::milliseconds kLongestPause{100};

}  // namespace

const std::uint32_t Inotify::kFolderEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
                                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

Inotify::Inotify(boost::asio::io_context& io, Overflow overflow)
    : descriptor_(io), pause_(io), overflow_(std::move(overflow)) {
  const int instance = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (instance < 0) return;  // every add() fails
  descriptor_.assign(instance);
  wait();
}

Inotify::Watch Inotify::add(const std::string& path, std::uint32_t mask, InotifyListener& listener) {
  if (!descriptor_.is_open()) {
    errno = EMFILE;
    return kNoWatch;
  }
  const Watch watch = ::inotify_add_watch(descriptor_.native_handle(), path.c_str(), mask | IN_MASK_ADD);
  if (watch < 0) return kNoWatch;
  auto& listeners = listeners_[watch];
  if (std::find(listeners.begin(), listeners.end(), &listener) == listeners.end()) {
    listeners.push_back(&listener);
  }
  return watch;
}

void Inotify::remove(Watch watch, InotifyListener& listener) {
  const auto found = listeners_.find(watch);
  if (found == listeners_.end()) return;
  std::erase(found->second, &listener);
  if (!found->second.empty()) return;
  listeners_.erase(found);
  if (descriptor_.is_open()) ::inotify_rm_watch(descriptor_.native_handle(), watch);
}

void Inotify::stop() {
  pause_.cancel();
  error_code ignored;
  descriptor_.close(ignored);
}

void Inotify::wait() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this, alive = std::weak_ptr(alive_)](const error_code& cancelled) {
                           if (cancelled || alive.expired()) return;
                           const std::size_t events = drain();
                           if (descriptor_.is_open()) pause(events);
                         });
}

void Inotify::pause(std::size_t events) {
  // A millisecond an event.
  pause_.expires_after(std::clamp(std::chrono::milliseconds(events), kShortestPause, kLongestPause));
  pause_.async_wait([this, alive = std::weak_ptr(alive_)](const error_code& cancelled) {
    if (!cancelled && !alive.expired()) wait();
  });
}

std::size_t Inotify::drain() {
  std::size_t events = 0;
  while (descriptor_.is_open()) {
    const ssize_t bytes = ::read(descriptor_.native_handle(), buffer_.data(), buffer_.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(bytes);) {
      inotify_event event;
      std::memcpy(&event, buffer_.data() + at, sizeof event);
      const char* const name = buffer_.data() + at + sizeof event;
      at += sizeof event + event.len;
      ++events;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        overflow_();
      } else {
        dispatch(event.wd, event.mask, {name, event.len == 0 ? 0 : ::strnlen(name, event.len)});
      }
    }
  }
  return events;
}

// Listeners come and go while they are told: the list is looked up again for each.
void Inotify::dispatch(Watch watch, std::uint32_t mask, std::string_view name) {
  const auto found = listeners_.find(watch);
  if (found == listeners_.end()) return;
  const std::vector<InotifyListener*> told = found->second;
  if ((mask & IN_IGNORED) != 0) listeners_.erase(found);
  for (InotifyListener* const listener : told) {
    if ((mask & IN_IGNORED) == 0) {
      const auto now = listeners_.find(watch);
      if (now == listeners_.end()) return;
      if (std::find(now->second.begin(), now->second.end(), listener) == now->second.end()) continue;
    }
    listener->inotify_event(mask, name);
  }
}

}  // namespace lokitail::agent
