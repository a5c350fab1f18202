#include "agent/http/proxy.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <cstdlib>

#include "agent/http/trim.h"
#include "agent/ip_address.h"
#include "config/ascii.h"

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

bool is_domain_of(std::string_view rule, std::string_view host) {
  if (rule.starts_with("*.")) rule.remove_prefix(1);
  const bool subdomains_only = rule.starts_with('.');
  if (subdomains_only) rule.remove_prefix(1);
  if (rule.empty()) return false;
  if (host == rule) return !subdomains_only;
  return host.size() > rule.size() && host.ends_with(rule) && host[host.size() - rule.size() - 1] == '.';
}

// `rule` and the URL's host are in lower case.
bool matches_host(std::string_view rule, std::string_view host) {
  error_code error;
  const ip::address address = ip::make_address(std::string(host), error);
  if (error) return is_domain_of(rule, host);
  if (rule.find('/') != rule.npos) return in_network(std::string(rule), address);
  if (rule.starts_with('[') && rule.ends_with(']')) rule = rule.substr(1, rule.size() - 2);
  const ip::address other = ip::make_address(std::string(rule), error);
  return error ? is_domain_of(rule, host) : address == other;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

// Source: golang.org/x/net/http/httpproxy, whose rules the environment's NO_PROXY has in Promtail.
bool matches_no_proxy(std::string_view no_proxy, const Url& url) {
  const std::string rules = lower(no_proxy);
  const std::string host = lower(url.host);
  std::string_view rest = rules;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view rule = trimmed(rest.substr(0, comma));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    if (rule.empty()) continue;
    if (rule == "*" || matches_host(rule, host)) return true;
    // host:port, or [address]:port.
    const std::size_t colon = rule.rfind(':');
    const bool has_port = colon != rule.npos && (rule.find(':') == colon || rule[colon - 1] == ']');
    if (has_port && rule.substr(colon + 1) == url.port && matches_host(rule.substr(0, colon), host)) {
      return true;
    }
  }
  return false;
}

std::optional<Url> proxy_for(const Url& url, const config::HttpClientConfig& config, std::string& error) {
  std::string proxy = config.proxy_url.reveal();
  std::string no_proxy = config.no_proxy;
  if (config.proxy_from_environment) {
    proxy =
        url.is_tls() ? environment("HTTPS_PROXY", "https_proxy") : environment("HTTP_PROXY", "http_proxy");
    no_proxy = environment("NO_PROXY", "no_proxy");
  }
  if (proxy.empty() || matches_no_proxy(no_proxy, url)) return std::nullopt;
  // Where there are rules at all, whoever is on this machine is asked directly.
  if ((config.proxy_from_environment || !no_proxy.empty()) && is_loopback(url.host)) return std::nullopt;
  if (proxy.find("://") == proxy.npos) proxy.insert(0, "http://");
  std::optional<Url> found = parse_url(proxy);
  if (found && !found->is_tls()) return found;
  error = "the proxy's URL is no http URL";
  return std::nullopt;
}

}  // namespace lokitail::agent::http
