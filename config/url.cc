#include "config/url.h"

#include <algorithm>
#include <charconv>

#include "config/nearest.h"
#include "config/secret.h"

namespace lokitail::config {
namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool has_bad_escape(std::string_view text) {
  for (size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return true;
  }
  return false;
}

bool is_port(std::string_view text) {
  if (text.empty()) return true;
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && value <= 65535;
}

// The part between `//` and the path, as a range of the URL.
struct Range {
  size_t begin;
  size_t end;
};

Range authority_of(std::string_view url) {
  const size_t slashes = url.find("://");
  const size_t begin = slashes == url.npos ? 0 : slashes + 3;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

std::optional<std::string> host_problem(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    if (close == host.npos) return "missing ']' in host";
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
    if (!port.empty() && port.front() != ':') return "invalid port after host";
  } else {
    port = host.substr(std::min(host.find(':'), host.size()));
    host = host.substr(0, host.size() - port.size());
  }
  if (host.empty()) return "the host is missing";
  if (!port.empty() && !is_port(port.substr(1))) return "invalid port after host";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> url_problem(std::string_view url) {
  const auto is_bad = [](unsigned char c) { return c <= ' ' || c == 0x7F; };
  if (std::any_of(url.begin(), url.end(), is_bad)) return "it holds a space or control character";
  const std::string_view scheme = url.substr(0, url.find("://"));
  if (scheme.size() == url.size() || !(equal_fold(scheme, "http") || equal_fold(scheme, "https"))) {
    return "it must begin with http:// or https://";
  }
  const std::string_view before_query = url.substr(0, url.find_first_of("?#"));
  if (has_bad_escape(before_query)) return "invalid % escape";
  const auto [begin, end] = authority_of(url);
  const std::string_view authority = url.substr(begin, end - begin);
  const size_t at = authority.rfind('@');
  return host_problem(at == authority.npos ? authority : authority.substr(at + 1));
}

std::string mask_url(std::string_view url) {
  const auto [begin, end] = authority_of(url);
  const std::string_view authority = url.substr(begin, end - begin);
  const size_t at = authority.rfind('@');
  const size_t colon = authority.find(':');
  if (at == authority.npos || colon >= at) return std::string(url);
  return std::string(url.substr(0, begin + colon + 1)) + std::string(Secret::kShown) +
         std::string(url.substr(begin + at));
}

}  // namespace lokitail::config
