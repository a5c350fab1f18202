// The handshake of a client over TLS, which asks for the peer's name and checks it.
//
// Threads: the stream's. Ownership: what is given by reference lives until it is done.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream_base.hpp>

#include "agent/http/words.h"
#include "agent/into_error.h"
#include "config/config.h"

namespace lokitail::agent::http {

// An empty text where all went well. `host` is who was connected to; `server_name` goes before it.
template <typename Stream>
boost::asio::awaitable<std::string> shake_hands(Stream& tls, const config::TlsConfig& config,
                                                const std::string& host) {
  const std::string& name = config.server_name.empty() ? host : config.server_name;
  // Server name indication is for names only, not for addresses (RFC 6066, section 3).
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(name, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(tls.native_handle(), name.c_str());
  if (!config.insecure_skip_verify) tls.set_verify_callback(boost::asio::ssl::host_name_verification(name));
  boost::system::error_code error;
  co_await tls.async_handshake(boost::asio::ssl::stream_base::client, into(error));
  if (!error) co_return std::string();
  // OpenSSL's error says no more than that the certificate was not verified.
  const long result = SSL_get_verify_result(tls.native_handle());
  co_return words("TLS handshake with " + name, error) +
      (result == X509_V_OK ? std::string() : std::string(": ") + X509_verify_cert_error_string(result));
}

}  // namespace lokitail::agent::http
