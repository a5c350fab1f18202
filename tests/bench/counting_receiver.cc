#include "tests/bench/counting_receiver.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "tests/bench/monotonic_time.h"

namespace lokitail::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMostHead = 16 << 10;

void must(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  auto at = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (at == head.end()) return std::nullopt;
  at = std::find_if(at + kName.size(), head.end(), [](char c) { return c != ' '; });
  std::size_t size = 0;
  if (std::from_chars(&*at, head.data() + head.size(), size).ec != std::errc()) return std::nullopt;
  return size;
}

}  // namespace

CountingReceiver::CountingReceiver() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  must(listener_ >= 0, "socket");
  must(::bind(listener_, generic, size) == 0, "bind");
  must(::listen(listener_, SOMAXCONN) == 0, "listen");
  must(::getsockname(listener_, generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

CountingReceiver::~CountingReceiver() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& server : servers_) server.join();
  for (const int connection : connections_) ::close(connection);
  ::close(listener_);
}

CountingReceiver::Counts CountingReceiver::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void CountingReceiver::accept_all() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const std::lock_guard lock(mutex_);
    connections_.push_back(connection);
    servers_.emplace_back([this, connection] { serve(connection); });
  }
}

void CountingReceiver::serve(int connection) {
  std::string head;
  while (take_push(connection, head)) {
    constexpr std::string_view kTaken = "HTTP/1.1 204 No Content\r\n\r\n";
    if (::send(connection, kTaken.data(), kTaken.size(), MSG_NOSIGNAL) < 0) return;
  }
  ::shutdown(connection, SHUT_RDWR);
}

// Begins with what is in `head` of it, and leaves what comes behind it there.
bool CountingReceiver::take_push(int connection, std::string& head) {
  std::size_t end = std::string::npos;
  for (std::size_t known = head.size(); (end = head.find(kHeadEnd)) == std::string::npos;
       known = head.size()) {
    if (known >= kMostHead) return false;
    head.resize(kMostHead);
    const ssize_t got = ::recv(connection, head.data() + known, kMostHead - known, 0);
    head.resize(known + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got <= 0) return false;
  }
  const auto size = content_length(std::string_view(head).substr(0, end));
  if (!size) return false;
  end += kHeadEnd.size();
  const std::size_t here = std::min(*size, head.size() - end);
  head.erase(0, end + here);
  // On TCP, MSG_TRUNC throws away what it takes; tcp(7).
  for (std::size_t left = *size - here; left > 0;) {
    const ssize_t got = ::recv(connection, nullptr, left, MSG_TRUNC | MSG_WAITALL);
    if (got <= 0) return false;
    left -= static_cast<std::size_t>(got);
  }
  const std::lock_guard lock(mutex_);
  counts_.last = monotonic_seconds();
  if (counts_.pushes++ == 0) counts_.first = counts_.last;
  counts_.body_bytes += *size;
  return true;
}

}  // namespace lokitail::bench
