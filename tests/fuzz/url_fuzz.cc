// Texts as URLs, as sockets' URLs and as the Location of a redirect: what is taken for one can be written into a
// request as it is, and comes back when it is read again.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/url.h"

namespace {

using namespace lokitail::agent::http;

void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::cerr << "url: " << what << ": " << text << std::endl;
  std::abort();
}

bool ends_a_line(std::string_view text) { return text.find_first_of("\r\n \t") != text.npos; }

void require_usable(const Url& url, std::string_view text) {
  require(!url.host.empty() || !url.socket.empty(), "no host", text);
  require(!url.port.empty() && url.port.find_first_not_of("0123456789") == url.port.npos, "port", text);
  require(url.target.starts_with('/'), "target", text);
  require(url.target.find('#') == url.target.npos, "a fragment is sent", text);
  require(!ends_a_line(url.target) && !ends_a_line(url.host_header()), "ends its line", text);
}

void require_comes_back(const Url& url, std::string_view text) {
  std::string user;
  if (url.has_user) user = percent_encode(url.user) + ':' + percent_encode(url.password) + '@';
  const auto again = parse_url(url.scheme + "://" + user + url.host_header() + url.target);
  require(again.has_value(), "cannot be read again", text);
  require(again->scheme == url.scheme && again->host == url.host && again->port == url.port &&
              again->target == url.target && again->user == url.user && again->password == url.password,
          "does not come back", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Url base = *parse_url("https://loki:3100/a/b?c");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = parse_url(text)) {
    require_usable(*url, text);
    require_comes_back(*url, text);
  }
  if (const auto url = parse_socket_url(text)) {
    require_usable(*url, text);
    require(url->socket.starts_with('/'), "a socket's path is absolute", text);
  }
  if (const auto url = resolve_url(base, text)) require_usable(*url, text);
  require(percent_decode(percent_encode(text)) == text, "escapes", text);
  return 0;
}
