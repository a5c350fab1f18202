// Who may ask the agent's HTTP server for what.
//
// A page that a browser shows may send requests to any address that the browser reaches. So that a stranger's
// page can neither read nor change anything:
//   - what browsers are meant to show is answered only under names that are the agent's. A stranger's name
//     may be made to lead to the agent's address (DNS rebinding), but the browser still sends it as Host
//   - what changes something, or shows lines, is refused to requests that say they come from another site
//     (Sec-Fetch-Site, or else Origin)
// Programs send none of these headers but Host, and are not hindered.
//
// Over a Unix socket everything is allowed, also where the configuration does not say admin, and no password is
// asked for: who may open the socket is what its mode and its folder's say. Browsers have no way to it.
//
// Threads: one at a time. Errors: a password's file that cannot be read shuts everybody out, with an error in
// the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/server/http_message.h"
#include "config/config.h"

namespace lokitail::agent {

enum class Access {
  kOpen,    // anybody: whether the agent is well
  kKnown,   // with user and password, where the configuration wants them
  kPage,    // the same, and under a name of the agent's
  kChange,  // the same, not from another site
  kAdmin,   // the same, and only where the configuration allows it at all
};

class AccessRules {
 public:
  // `address` is what the server listens on.
  AccessRules(std::optional<config::BasicAuth> basic_auth, bool admin,
              const std::vector<std::string>& allowed_hosts, const std::string& address);

  // Nothing where it may come.
  std::optional<HttpAnswer> refusal(Access access, const HttpRequest& request) const;

 private:
  std::optional<HttpAnswer> check_credentials(const HttpRequest& request) const;
  bool is_our_name(std::string_view host) const;

  std::optional<config::BasicAuth> basic_auth_;
  bool admin_;
  std::vector<std::string> names_;  // in small letters
};

// The name or address in a Host header, in small letters, without port, brackets and the dot at its end.
std::string host_name_of(std::string_view host);

// Whether a request that a browser sends says that it comes from another site than the one it asks.
bool is_cross_site(const HttpRequest& request);

}  // namespace lokitail::agent
