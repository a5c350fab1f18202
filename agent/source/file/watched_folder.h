// A folder of which somebody is told what happens in it, for as long as this lives.
//
// Threads: the io_context's thread. Ownership: the Inotify outlives it; it may not be destroyed from within what is
// told. Errors: watch() says no where changes are not told; it may be called again then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/inotify.h>

#include "agent/source/file/inotify.h"

namespace lokitail::agent {

class WatchedFolder final : public InotifyListener {
 public:
  // What has happened, as inotify(7) says it, and the name to which; an empty one where that is the folder.
  using Told = std::function<void(std::uint32_t mask, std::string_view name)>;

  // `events` are those that are told.
  WatchedFolder(Inotify& inotify, std::string path, std::uint32_t events, Told told)
      : inotify_(inotify), path_(std::move(path)), events_(events), told_(std::move(told)) {}
  WatchedFolder(const WatchedFolder&) = delete;
  WatchedFolder& operator=(const WatchedFolder&) = delete;
  ~WatchedFolder() { unwatch(); }

  const std::string& path() const { return path_; }
  bool is_on() const { return watch_ != Inotify::kNoWatch; }
  // Whether changes are told.
  bool watch() {
    if (!is_on()) watch_ = inotify_.add(path_, events_, *this);
    return is_on();
  }
  void unwatch() {
    if (is_on()) inotify_.remove(std::exchange(watch_, Inotify::kNoWatch), *this);
  }

  void inotify_event(std::uint32_t mask, std::string_view name) override {
    if ((mask & IN_IGNORED) != 0) watch_ = Inotify::kNoWatch;
    told_(mask, name);
  }

 private:
  Inotify& inotify_;
  const std::string path_;
  const std::uint32_t events_;
  const Told told_;
  Inotify::Watch watch_ = Inotify::kNoWatch;
};

}  // namespace lokitail::agent
