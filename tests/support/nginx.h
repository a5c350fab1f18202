// nginx in front of the receiver, as people run it in front of Loki: TLS with a certificate
// authority of the test's own, on demand with client certificates, basic auth and a body limit.
//
// Threads: one at a time. Errors: throws where nginx or openssl fail.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/process.h"

namespace lokitail::test {

// Files of a certificate authority, a server certificate for `server_name` and a client
// certificate.
struct Certificates {
  // `server_ends` is when the server's certificate ends to be valid, YYYYMMDDHHMMSSZ; empty: later.
  explicit Certificates(const std::filesystem::path& directory, const std::string& server_name = "loki.test",
                        const std::string& server_ends = "");
  std::filesystem::path ca, server, server_key, client, client_key;
};

class Nginx {
 public:
  static bool installed();

  // Passes everything on to 127.0.0.1:`upstream`. `server_lines` are further lines of its server
  // block.
  Nginx(const std::filesystem::path& directory, const Certificates& certificates, std::uint16_t upstream,
        const std::string& server_lines = "");
  ~Nginx();

  std::uint16_t port() const { return port_; }
  // "https://HOST:PORT"
  std::string url(const std::string& host = "localhost") const;

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace lokitail::test
