#include "tests/support/forward_proxy.h"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lokitail::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Destinations of the tests are on the loopback interface, by whatever name.
int connect_to(std::uint16_t port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(connection);
    return -1;
  }
  return connection;
}

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Carries bytes both ways until one side ends.
void tunnel(int left, int right) {
  pollfd sides[] = {{left, POLLIN, 0}, {right, POLLIN, 0}};
  while (::poll(sides, 2, -1) > 0) {
    for (int i = 0; i < 2; ++i) {
      if (sides[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t got = ::recv(sides[i].fd, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      if (!send_all(sides[1 - i].fd, {buffer, static_cast<std::size_t>(got)})) return;
    }
  }
}

std::uint16_t port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return 80;
  return static_cast<std::uint16_t>(std::atoi(std::string(authority.substr(colon + 1)).c_str()));
}

// Reads until `bytes` holds a whole head; returns its size, or 0 where the connection ended.
std::size_t read_head(int connection, std::string& bytes) {
  for (;;) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end != std::string::npos) return end + 4;
    char buffer[65536];
    const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return 0;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

ForwardProxy::ForwardProxy() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "proxy");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ForwardProxy::~ForwardProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& server : servers_) server.join();
  for (const int connection : connections_) ::close(connection);
}

std::vector<std::string> ForwardProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ForwardProxy::accept_all() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    {
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
    }
    servers_.emplace_back([this, connection] { serve(connection); });
  }
}

// One request per connection in absolute form: what follows on it goes to the same destination, and
// the receiver of the tests does not mind an absolute request target.
void ForwardProxy::serve(int connection) {
  std::string bytes;
  const std::size_t head_size = read_head(connection, bytes);
  if (head_size == 0) return;
  const std::string head = bytes.substr(0, head_size);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(head);
  }
  const std::size_t target_at = head.find(' ') + 1;
  const std::string target = head.substr(target_at, head.find(' ', target_at) - target_at);
  const bool tunnelled = head.rfind("CONNECT ", 0) == 0;
  const std::size_t authority_at = tunnelled ? 0 : target.find("//") + 2;
  const std::string authority =
      target.substr(authority_at, target.find('/', authority_at) - authority_at);
  const int upstream = connect_to(port_of(authority));
  if (upstream < 0) {
    send_all(connection, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  } else {
    const bool sent = tunnelled
                          ? send_all(connection, "HTTP/1.1 200 Connection established\r\n\r\n")
                          : send_all(upstream, bytes);
    if (sent) tunnel(connection, upstream);
    ::close(upstream);
  }
  ::shutdown(connection, SHUT_RDWR);
}

}  // namespace lokitail::test
