// The service manager's side of sd_notify(3).
//
// Threads: one at a time.
#pragma once

#include <filesystem>
#include <string>

namespace lokitail::test {

class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // All that has been said so far, a line for each variable.
  const std::string& received();

 private:
  const std::filesystem::path path_;
  int socket_ = -1;
  std::string received_;
};

}  // namespace lokitail::test
