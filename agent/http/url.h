// A URL as clients and proxies need it.
//
// Source: RFC 3986, as far as http and https URLs go.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lokitail::agent::http {

struct Url {
  std::string scheme;    // "http" or "https", lower case
  std::string user;      // percent-decoded
  std::string password;  // percent-decoded; a secret
  bool has_user = false;
  std::string host;      // without brackets
  std::string port;      // never empty: the scheme's own where none was given
  std::string target;    // path and query, at least "/"
  std::string socket{};  // of a Unix socket, in place of host and port; empty: none

  bool is_tls() const { return scheme == "https"; }
  // Host and, where it is not the scheme's own, port: for the Host header.
  std::string host_header() const;
  // As Promtail's `host` label on metrics: host with the port if the URL names one.
  std::string authority() const;
};

// Nothing where `text` is not an http or https URL with a host.
std::optional<Url> parse_url(std::string_view text);

// "unix:///run/agent.sock", or "unix:///run/agent.sock:/path" for another target than "/". Nothing where `text` is none.
std::optional<Url> parse_socket_url(std::string_view text);

// `location` of a redirect, relative to `base`.
std::optional<Url> resolve_url(const Url& base, std::string_view location);

// What is no escape stays as it is.
std::string percent_decode(std::string_view text);
// All but unreserved characters are escaped, as a query wants it.
std::string percent_encode(std::string_view text);

}  // namespace lokitail::agent::http
