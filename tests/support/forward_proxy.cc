#include "tests/support/forward_proxy.h"

#include <cctype>
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

struct Target {
  bool tunnel = false;
  std::uint16_t port = 80;
  std::size_t begin = 0;  // of the request target in the head
  std::size_t authority_end = 0;
};

// Of "POST http://host:port/path HTTP/1.1" or "CONNECT host:port HTTP/1.1".
Target target_of(std::string_view head) {
  Target target;
  target.tunnel = head.starts_with("CONNECT ");
  target.begin = head.find(' ') + 1;
  const std::size_t authority = target.tunnel ? target.begin : head.find("//") + 2;
  target.authority_end = head.find_first_of("/ ", authority);
  const std::size_t colon = head.substr(0, target.authority_end).rfind(':');
  if (colon > authority && colon != std::string_view::npos) {
    target.port = static_cast<std::uint16_t>(std::atoi(head.data() + colon + 1));
  }
  return target;
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

std::size_t content_length(std::string head) {
  for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t at = head.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 17, nullptr, 10);
}

// Passes one message on, with its body. `bytes`: what has been read of it; afterwards what came
// behind it.
bool pass_message(int from, int to, std::string& bytes) {
  const std::size_t head_size = read_head(from, bytes);
  if (head_size == 0) return false;
  const std::size_t size = head_size + content_length(bytes.substr(0, head_size));
  while (bytes.size() < size) {
    char buffer[65536];
    const ssize_t got = ::recv(from, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  const bool sent = send_all(to, std::string_view(bytes).substr(0, size));
  bytes.erase(0, size);
  return sent;
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

void ForwardProxy::serve(int connection) {
  std::string bytes;
  int upstream = -1;
  for (;;) {
    const std::size_t head_size = read_head(connection, bytes);
    if (head_size == 0) break;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(bytes.substr(0, head_size));
    }
    const Target target = target_of(bytes);
    if (upstream < 0) upstream = connect_to(target.port);
    if (upstream < 0) {
      send_all(connection, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
      break;
    }
    if (target.tunnel) {
      if (send_all(connection, "HTTP/1.1 200 Connection established\r\n\r\n")) {
        tunnel(connection, upstream);
      }
      break;
    }
    // From absolute to origin form; the rest stays as it is.
    bytes.replace(target.begin, target.authority_end - target.begin, "");
    std::string answer;
    if (!pass_message(connection, upstream, bytes) || !pass_message(upstream, connection, answer)) {
      break;
    }
  }
  if (upstream >= 0) ::close(upstream);
  ::shutdown(connection, SHUT_RDWR);
}

}  // namespace lokitail::test
