// A server that lets whoever reaches its port change the agent and read lines.

#include "agent/ip_address.h"
#include "agent/lint/lint.h"

namespace lokitail::agent::lint {
namespace {

config::Place place_of(const Subject& subject) {
  const config::Node server = child(subject.root, "server");
  const config::Node admin = child(server, "admin");
  return admin.is_null() ? server.place() : admin.place();  // a flag may say it, too
}

}  // namespace

void check_open_admin(const Subject& subject, Report& report) {
  const config::ServerConfig& server = subject.config.server;
  if (server.disable || !server.admin || is_loopback(server.http_listen_address)) return;
  const std::string better =
      "http_listen_socket in place of admin, for `lokitail tap` and `top`; or "
      "http_listen_address: 127.0.0.1, or basic_auth with http_tls_config";
  if (server.http_tls_config.client_auth_type == "RequireAndVerifyClientCert") return;
  if (!server.basic_auth) {
    report.add(place_of(subject),
               "admin: whoever reaches the port can read all lines and change the agent, as no password is "
               "asked for",
               better);
  } else if (!server.http_tls_config.is_on()) {
    report.add(place_of(subject),
               "admin: the password goes over the network where everybody on the way can read it", better);
  }
}

}  // namespace lokitail::agent::lint
