#include "agent/http/url.h"

#include <algorithm>
#include <cctype>

namespace lokitail::agent::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view default_port(std::string_view scheme) { return scheme == "https" ? "443" : "80"; }

// What stands in a request line must not end it.
bool has_control_or_space(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

// It is for the reader of the page, not for the server.
std::string_view without_fragment(std::string_view text) { return text.substr(0, text.find('#')); }

bool parse_authority(std::string_view authority, Url& url) {
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    const std::string_view user_info = authority.substr(0, at);
    const std::size_t colon = user_info.find(':');
    url.has_user = true;
    url.user = percent_decode(user_info.substr(0, colon));
    if (colon != user_info.npos) url.password = percent_decode(user_info.substr(colon + 1));
    authority.remove_prefix(at + 1);
  }
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == authority.npos) return false;
    url.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    rest = colon == authority.npos ? std::string_view() : authority.substr(colon);
  }
  if (url.host.find_first_of("[]") != url.host.npos) return false;
  if (url.host.empty() || (!rest.empty() && rest.front() != ':')) return false;
  if (rest.size() > 1) rest.remove_prefix(1), url.port = rest;
  const bool digits = std::ranges::all_of(url.port, [](char c) { return c >= '0' && c <= '9'; });
  return digits && url.port.size() <= 5;
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15u];
    }
  }
  return out;
}

std::string Url::host_header() const {
  const std::string name = host.find(':') == host.npos ? host : '[' + host + ']';
  return port == default_port(scheme) ? name : name + ':' + port;
}

std::string Url::authority() const { return host_header(); }

std::optional<Url> parse_url(std::string_view text) {
  if (has_control_or_space(text)) return std::nullopt;
  const std::size_t colon = text.find("://");
  if (colon == text.npos) return std::nullopt;
  Url url;
  url.scheme = text.substr(0, colon);
  std::ranges::transform(url.scheme, url.scheme.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text = without_fragment(text.substr(colon + 3));
  const std::size_t end = text.find_first_of("/?");
  if (!parse_authority(text.substr(0, end), url)) return std::nullopt;
  if (url.port.empty()) url.port = default_port(url.scheme);
  url.target = end == text.npos ? "/" : text.substr(end);
  if (url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

std::optional<Url> parse_socket_url(std::string_view text) {
  constexpr std::string_view kScheme = "unix://";
  if (!text.starts_with(kScheme) || has_control_or_space(text)) return std::nullopt;
  text = without_fragment(text.substr(kScheme.size()));
  const std::size_t end = text.find(":/");
  Url url;
  url.scheme = "http";
  url.host = "localhost";
  url.port = default_port(url.scheme);
  url.socket = text.substr(0, end);
  url.target = end == text.npos ? "/" : text.substr(end + 1);
  if (!url.socket.starts_with('/') || url.socket.ends_with('/')) return std::nullopt;
  return url;
}

std::optional<Url> resolve_url(const Url& base, std::string_view location) {
  const std::size_t scheme_end = location.find_first_of(":/?#");
  if (scheme_end != location.npos && location[scheme_end] == ':') return parse_url(location);
  if (location.empty() || has_control_or_space(location)) return std::nullopt;
  if (location.starts_with("//")) return parse_url(base.scheme + ':' + std::string(location));
  location = without_fragment(location);
  Url url = base;
  if (location.starts_with('/')) {
    url.target = location;
  } else if (!location.empty()) {
    std::string path = base.target.substr(0, base.target.find('?'));
    if (location.front() != '?') path.resize(path.rfind('/') + 1);
    url.target = path.append(location);
  }
  return url;
}

}  // namespace lokitail::agent::http
