// The file of a Unix socket that the agent's server listens on.
//
// One that an agent has left behind, because it was killed, is taken away; one on which somebody still listens is
// not, nor is a file that is no socket. It is there with the mode that was asked for from its first moment on, and
// goes with this object, unless another has taken its place.
//
// Threads: one at a time. Errors: open() throws std::runtime_error, whose text names the path.
#pragma once

#include <sys/types.h>

#include <string>

#include <boost/asio/local/stream_protocol.hpp>

namespace lokitail::agent {

class SocketFile {
 public:
  SocketFile(std::string path, mode_t mode) : path_(std::move(path)), mode_(mode) {}
  ~SocketFile() { remove(); }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  const std::string& path() const { return path_; }
  // `acceptor` listens there.
  void open(boost::asio::local::stream_protocol::acceptor& acceptor);
  void remove();

 private:
  void make_way() const;

  const std::string path_;
  const mode_t mode_;
  bool is_ours_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace lokitail::agent
