#include "agent/source/received/datagram_listener.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/into_error.h"
#include "agent/listen_address.h"

namespace lokitail::agent {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

constexpr int kBufferBytes = 1 << 20;  // of the socket; as Promtail's
constexpr int kDatagramsAtOnce = 256;
constexpr std::size_t kMostDatagramBytes = 64 * 1024;

}  // namespace

void DatagramListener::open(const std::string& address) {
  listen_at(ListenAddress::from(address), socket_);
  error_code ignored;
  socket_.set_option(udp::socket::receive_buffer_size(kBufferBytes), ignored);
  const int yes = 1;
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof yes);
  socket_.non_blocking(true);
}

boost::asio::awaitable<void> DatagramListener::receive(Handler handle, Flush flush,
                                                       std::shared_ptr<ReceivedSource> source) {
  std::vector<char> buffer(kMostDatagramBytes);
  while (socket_.is_open()) {
    error_code error;
    co_await socket_.async_wait(udp::socket::wait_read, into(error));
    if (error) co_return;
    for (int i = 0; i < kDatagramsAtOnce && receive_one(buffer, handle); ++i) {
    }
    flush();
    co_await source->wait_for_room();
  }
}

void DatagramListener::close() {
  error_code ignored;
  socket_.close(ignored);
}

// False where no other is to be read now.
bool DatagramListener::receive_one(std::vector<char>& buffer, const Handler& handle) {
  udp::endpoint from;
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control_bytes{};
  msghdr header{};
  header.msg_name = from.data();
  header.msg_namelen = static_cast<socklen_t>(from.capacity());
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control_bytes.data();
  header.msg_controllen = control_bytes.size();
  const ssize_t size = ::recvmsg(socket_.native_handle(), &header, MSG_DONTWAIT);
  if (size < 0) return errno == EINTR;
  from.resize(header.msg_namelen);
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t lost = 0;
    std::memcpy(&lost, CMSG_DATA(at), sizeof lost);
    lost_.Increment(static_cast<double>(lost - lost_so_far_));
    lost_so_far_ = lost;
  }
  return handle({buffer.data(), static_cast<std::size_t>(size)}, from.address());
}

}  // namespace lokitail::agent
