#include "tests/support/notify_socket.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lokitail::test {

NotifySocket::NotifySocket(const std::filesystem::path& path) : path_(path) {
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
}

NotifySocket::~NotifySocket() { ::close(socket_); }

const std::string& NotifySocket::received() {
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
    received_.append(buffer, static_cast<std::size_t>(got));
    received_ += '\n';
  }
  return received_;
}

}  // namespace lokitail::test
