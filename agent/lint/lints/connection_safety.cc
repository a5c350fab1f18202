// Clients whose connection lets others read along, or be taken for Loki.

#include <array>

#include <fmt/format.h>

#include "agent/lint/lints/client_nodes.h"
#include "config/value.h"

namespace lokitail::agent::lint {
namespace {

constexpr std::string_view kHttp = "http://";

std::string host_of(const std::string& url) {
  const std::size_t begin = kHttp.size();
  std::string host = url.substr(begin, std::min(url.find_first_of("/?#", begin), url.size()) - begin);
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// What never leaves the machine.
bool is_local(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]" || host.ends_with(".localhost");
}

bool has_credentials(const config::Node& client, const std::string& url) {
  for (const char* key : {"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"}) {
    if (!child(client, key).is_null()) return true;
  }
  return !user_of_url(url).empty();
}

}  // namespace

void check_insecure_tls(const Subject& subject, Report& report) {
  for_each_client(subject, [&](const config::Node& client) {
    const config::Node node = child(child(client, "tls_config"), "insecure_skip_verify");
    if (node.type() != config::Node::Type::kBool || !config::read_bool(node)) return;
    report.add(node.place(),
               "insecure_skip_verify: whoever is in between can read what is sent, and its "
               "credentials, and be taken for Loki",
               "ca_file with the certificate that signed Loki's, and server_name where its name is "
               "another");
  });
}

void check_credentials_over_http(const Subject& subject, Report& report) {
  for_each_client(subject, [&](const config::Node& client) {
    const config::Node node = child(client, "url");
    if (!node.is_scalar() || !node.text().starts_with(kHttp)) return;
    if (is_local(host_of(node.text())) || !has_credentials(client, node.text())) return;
    report.add(node.place(), "credentials are sent over http://, where everybody on the way can read them",
               "https://");
  });
}

}  // namespace lokitail::agent::lint
