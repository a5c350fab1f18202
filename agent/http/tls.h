// TLS contexts from their configuration.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <string>

#include "config/config.h"

namespace lokitail::agent::http {

// For a client. Reads certificate and key files. On failure `error` says what and which file.
boost::asio::ssl::context make_tls_context(const config::TlsConfig& config, std::string& error);

// The same for a server, which needs a certificate and its key. With a CA, clients need a certificate of that.
boost::asio::ssl::context make_server_tls_context(const config::TlsConfig& config, std::string& error);

}  // namespace lokitail::agent::http
