#include "agent/server/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace lokitail::agent {
namespace {

using local = boost::asio::local::stream_protocol;
using boost::system::error_code;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error("listen unix " + path + ": " + why);
}

// Does not wait: a socket whose queue is full is somebody's, too.
bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return false;  // bind() says so
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  const int refused =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(probe);
  return refused != ECONNREFUSED && refused != ENOENT;
}

}  // namespace

void SocketFile::make_way() const {
  struct stat there {};
  if (::lstat(path_.c_str(), &there) != 0) return;
  if (!S_ISSOCK(there.st_mode)) fail(path_, "there is a file that is no socket");
  if (somebody_listens(path_)) fail(path_, "another process listens there");
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) fail(path_, std::strerror(errno));
}

void SocketFile::open(local::acceptor& acceptor) {
  make_way();
  error_code error;
  acceptor.open(local(), error);
  if (error) fail(path_, error.message());
  // The file takes over the socket's mode, less the umask, so that nobody can slip in before chmod().
  static_cast<void>(::fchmod(acceptor.native_handle(), mode_));
  local::endpoint endpoint;
  try {
    endpoint = local::endpoint(path_);
  } catch (const boost::system::system_error&) {
    fail(path_, "the path is too long for a socket");
  }
  acceptor.bind(endpoint, error);
  if (error) fail(path_, error.message());
  struct stat made {};
  if (::chmod(path_.c_str(), mode_) != 0 || ::lstat(path_.c_str(), &made) != 0)
    fail(path_, std::strerror(errno));
  device_ = made.st_dev, inode_ = made.st_ino;
  is_ours_ = true;
  acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) fail(path_, error.message());
}

void SocketFile::remove() {
  if (!std::exchange(is_ours_, false)) return;
  struct stat there {};
  const bool is_there = ::lstat(path_.c_str(), &there) == 0;
  if (is_there && there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace lokitail::agent
