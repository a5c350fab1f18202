#include "agent/http/proxy.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <cctype>
#include <cstdlib>

namespace lokitail::agent::http {
namespace {

using boost::system::error_code;
namespace ip = boost::asio::ip;

std::string environment(const char* upper, const char* lower) {
  if (const char* const value = std::getenv(upper); value != nullptr && *value != '\0') return value;
  if (const char* const value = std::getenv(lower); value != nullptr) return value;
  return {};
}

bool in_network(const std::string& network, const ip::address& address) {
  error_code error;
  if (address.is_v4()) {
    const auto range = ip::make_network_v4(network, error);
    if (error) return false;
    const auto hosts = ip::make_network_v4(address.to_v4(), range.prefix_length());
    return hosts.canonical() == range.canonical();
  }
  const auto range = ip::make_network_v6(network, error);
  if (error) return false;
  const auto hosts = ip::make_network_v6(address.to_v6(), range.prefix_length());
  return hosts.canonical() == range.canonical();
}

bool matches_host(std::string_view rule, const Url& url) {
  error_code error;
  const ip::address address = ip::make_address(url.host, error);
  if (!error) {
    if (rule.find('/') != rule.npos) return in_network(std::string(rule), address);
    const ip::address other = ip::make_address(std::string(rule), error);
    return !error && address == other;
  }
  const bool subdomains_only = rule.starts_with('.');
  if (subdomains_only) rule.remove_prefix(1);
  if (url.host == rule) return !subdomains_only;
  return url.host.size() > rule.size() && url.host.ends_with(rule) &&
         url.host[url.host.size() - rule.size() - 1] == '.';
}

}  // namespace

bool matches_no_proxy(std::string_view no_proxy, const Url& url) {
  while (!no_proxy.empty()) {
    const std::size_t comma = no_proxy.find(',');
    std::string_view rule = no_proxy.substr(0, comma);
    no_proxy.remove_prefix(comma == no_proxy.npos ? no_proxy.size() : comma + 1);
    while (rule.starts_with(' ')) rule.remove_prefix(1);
    while (rule.ends_with(' ')) rule.remove_suffix(1);
    if (rule.empty()) continue;
    if (rule == "*") return true;
    if (matches_host(rule, url)) return true;
    // host:port; an IPv6 address has more than one colon.
    const std::size_t colon = rule.rfind(':');
    if (colon != rule.npos && rule.find(':') == colon && rule.substr(colon + 1) == url.port &&
        matches_host(rule.substr(0, colon), url)) {
      return true;
    }
  }
  return false;
}

std::optional<Url> proxy_for(const Url& url, const config::HttpClientConfig& config) {
  std::string proxy = config.proxy_url.reveal();
  std::string no_proxy = config.no_proxy;
  if (config.proxy_from_environment) {
    proxy =
        url.is_tls() ? environment("HTTPS_PROXY", "https_proxy") : environment("HTTP_PROXY", "http_proxy");
    no_proxy = environment("NO_PROXY", "no_proxy");
  }
  if (proxy.empty() || matches_no_proxy(no_proxy, url)) return std::nullopt;
  if (proxy.find("://") == proxy.npos) proxy.insert(0, "http://");
  return parse_url(proxy);
}

}  // namespace lokitail::agent::http
