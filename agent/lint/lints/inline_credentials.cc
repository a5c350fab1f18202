// Passwords and tokens that stand in the configuration itself.

#include <array>

#include <fmt/format.h>

#include "agent/lint/lints/client_nodes.h"
#include "config/nearest.h"

namespace lokitail::agent::lint {
namespace {

class Credentials {
 public:
  Credentials(const Subject& subject, Report& report) : subject_(subject), report_(report) {}

  void check(const config::Node& client) {
    secret(child(client, "basic_auth"), "password", "password_file");
    secret(child(client, "authorization"), "credentials", "credentials_file");
    secret(child(client, "oauth2"), "client_secret", "client_secret_file");
    secret(child(client, "tls_config"), "key", "key_file");
    secret(client, "bearer_token", "bearer_token_file");
    url(child(client, "url"), "basic_auth with a password_file");
    url(child(client, "proxy_url"), "");
    for (const auto& [name, value] : child(client, "headers").entries()) {
      if (is_secret_header(name.text()))
        tell(value, "the header " + name.text(), "http_headers, which takes files");
    }
  }

 private:
  void secret(const config::Node& block, std::string_view key, std::string_view better) {
    tell(child(block, key), std::string(key), std::string(better));
  }

  void url(const config::Node& node, std::string better) {
    if (!node.is_scalar() || user_of_url(node.text()).find(':') == std::string::npos) return;
    tell(node, "the password in the URL", std::move(better));
  }

  void tell(const config::Node& node, const std::string& what, std::string better) {
    const bool given = node.is_scalar() && !node.text().empty();
    const bool elsewhere =
        given && (node.text().find("${") != std::string::npos || subject_.is_from_environment(node.place()));
    if (!given || elsewhere) return;
    report_.add(
        node.place(),
        fmt::format("{} stands in the configuration, where everybody reads it who may read that", what),
        std::move(better));
  }

  static bool is_secret_header(const std::string& name) {
    for (const char* whole : {"authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token"}) {
      if (config::equal_fold(name, whole)) return true;
    }
    return false;
  }

  const Subject& subject_;
  Report& report_;
};

}  // namespace

void check_inline_credentials(const Subject& subject, Report& report) {
  Credentials credentials(subject, report);
  for_each_client(subject, [&](const config::Node& client) { credentials.check(client); });
}

}  // namespace lokitail::agent::lint
