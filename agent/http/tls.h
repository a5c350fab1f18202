// A TLS context for a client, from its configuration.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <string>

#include "config/config.h"

namespace lokitail::agent::http {

// Reads certificate and key files. On failure `error` says what and which file.
boost::asio::ssl::context make_tls_context(const config::TlsConfig& config, std::string& error);

}  // namespace lokitail::agent::http
