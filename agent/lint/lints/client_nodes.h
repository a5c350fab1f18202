// The clients of a configuration as they are written; for the lints about them.
#pragma once

#include <string>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {

// Calls visit(node) for each item of `clients` and the block `client`.
template <typename Visit>
void for_each_client(const Subject& subject, Visit visit) {
  // Kept: a node's items live as long as it does.
  const config::Node clients = child(subject.root, "clients");
  for (const config::Node& client : clients.items()) visit(client);
  if (const config::Node client = child(subject.root, "client"); client.is_mapping()) visit(client);
}

// "user:password" of a URL, or "user"; empty where it has none.
inline std::string user_of_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.rfind('@', end);
  return at == std::string::npos || at < begin ? std::string() : url.substr(begin, at - begin);
}

}  // namespace lokitail::agent::lint
