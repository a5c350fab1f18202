// The TLS of an HTTP server, whose certificate may be renewed while it runs.
//
// Threads: one at a time.
// Errors:  the constructor throws std::runtime_error for a certificate or a key that cannot be used. One that
// comes
//          later and cannot be used is told in the log, and the one before stays.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "config/config.h"

namespace lokitail::agent {

class ServerTls {
 public:
  // REQUIRES: config.is_on().
  explicit ServerTls(config::ServerTlsConfig config);

  // For the next connection: with the files as they are now.
  std::shared_ptr<boost::asio::ssl::context> context();

 private:
  std::vector<std::filesystem::file_time_type> file_times() const;

  const config::ServerTlsConfig config_;
  std::vector<std::filesystem::file_time_type> times_;  // of the files when they were read
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace lokitail::agent
