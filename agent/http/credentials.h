// The headers of a request that hold secrets, read anew each time so that files may be rotated.
#pragma once

#include <optional>
#include <string>

#include "agent/http/headers.h"
#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent::http {

// The Authorization header, if any, and those of `http_headers`. `error` names a file that cannot be
// read; the request must not be sent then.
Headers read_secret_headers(const Url& url, const config::HttpClientConfig& config, std::string& error);

// The same for a user and a password of a configuration; nothing where a file cannot be read.
std::optional<std::string> read_basic_authorization(const config::BasicAuth& basic, std::string& error);

// "Basic …" of RFC 7617.
std::string basic_authorization(const std::string& user, const std::string& password);

}  // namespace lokitail::agent::http
