// Which proxy, if any, a request goes through.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/http/url.h"
#include "config/config.h"

namespace lokitail::agent::http {

// `proxy_url`, or the environment's HTTP_PROXY, HTTPS_PROXY and NO_PROXY (also in lower case) where
// `proxy_from_environment` is set; nothing for a direct connection. `error` says why the proxy cannot be used;
// the request must not be sent then.
std::optional<Url> proxy_for(const Url& url, const config::HttpClientConfig& config, std::string& error);

// Whether `no_proxy`, a comma-separated list of hosts, domains (with or without a leading dot or `*.`),
// addresses, networks (CIDR) or `*`, each with an optional port, names the URL's host.
bool matches_no_proxy(std::string_view no_proxy, const Url& url);

}  // namespace lokitail::agent::http
