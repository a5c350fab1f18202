// One inotify instance for everything that is watched: a node has few of them to give (128 by default),
// and `kubectl logs` needs them too.
//
// After a drain of the kernel's queue the next one waits a little, so that a writer of ten thousand
// lines a second wakes the agent fifty times a second; the first event after a quiet time is seen at
// once. The more it brought the longer it waits: a hundred files that are written to all the time are read
// ten times a second each.
//
// Threads: the io_context's thread only. Ownership: listeners outlive their watches.
// Errors:  add() says no; whoever asked falls back to polling.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace lokitail::agent {

class InotifyListener {
 public:
  // `name` is the entry of a watched folder; empty for the thing itself. With IN_IGNORED the watch is
  // gone, and must not be removed any more.
  virtual void inotify_event(std::uint32_t mask, std::string_view name) = 0;

 protected:
  ~InotifyListener() = default;
};

class Inotify {
 public:
  using Watch = int;
  static constexpr Watch kNoWatch = -1;
  // What to ask for where the names in a folder matter.
  static const std::uint32_t kFolderEvents;

  // Events were lost: only looking at everything again helps.
  using Overflow = std::function<void()>;

  Inotify(boost::asio::io_context& io, Overflow overflow);
  Inotify(const Inotify&) = delete;
  Inotify& operator=(const Inotify&) = delete;

  // Watches what `path` leads to. One thing watched by several listeners has one watch; all of them
  // are told what any of them asks for. kNoWatch with errno where it fails (ENOSPC: the limit of watches).
  Watch add(const std::string& path, std::uint32_t mask, InotifyListener& listener);
  void remove(Watch watch, InotifyListener& listener);

  // Tells what has happened so far, without the wait between two drains.
  void tell_now() { drain(); }
  std::size_t watches() const { return listeners_.size(); }
  void stop();

 private:
  void wait();
  void pause(std::size_t events);
  // Tells listeners of all that has happened; how much that was.
  std::size_t drain();
  void dispatch(Watch watch, std::uint32_t mask, std::string_view name);

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer pause_;
  Overflow overflow_;
  std::unordered_map<Watch, std::vector<InotifyListener*>> listeners_;
  alignas(8) std::array<char, 32 * 1024> buffer_;
  // A handler that was on its way already when this object went away looks whether it is still there.
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace lokitail::agent
