#include "agent/server/access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "agent/http/credentials.h"
#include "agent/http/headers.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kBasic = "Basic ";

std::string small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::string_view text) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

// Takes as long whatever they are, so that nobody finds out a password letter by letter.
bool are_equal(std::string_view a, std::string_view b) {
  const Digest first = digest_of(a), second = digest_of(b);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

HttpAnswer cross_site_answer() { return text_answer(403, "refused to a page of another site"); }

}  // namespace

std::string host_name_of(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return small_letters(host);
}

bool is_cross_site(const HttpRequest& request) {
  if (const auto site = request.header("Sec-Fetch-Site")) return *site != "same-origin" && *site != "none";
  const auto origin = request.header("Origin");
  if (!origin) return false;
  const std::size_t scheme = origin->find("://");
  if (scheme == origin->npos) return true;  // "null"
  const auto host = request.header("Host");
  return !host || small_letters(origin->substr(scheme + 3)) != small_letters(*host);
}

AccessRules::AccessRules(std::optional<config::BasicAuth> basic_auth, bool admin,
                         const std::vector<std::string>& allowed_hosts, const std::string& address)
    : basic_auth_(std::move(basic_auth)), admin_(admin), names_{"localhost"} {
  if (!address.empty()) names_.push_back(small_letters(address));
  for (const std::string& host : allowed_hosts) names_.push_back(host_name_of(host));
}

std::optional<HttpAnswer> AccessRules::refusal(Access access, const HttpRequest& request) const {
  if (access == Access::kOpen) return std::nullopt;
  if (request.is_local) {
    // A proxy in front of the socket may still pass on what a browser says.
    const bool is_strange = access >= Access::kChange && is_cross_site(request);
    return is_strange ? std::optional(cross_site_answer()) : std::nullopt;
  }
  if (access >= Access::kPage) {
    const auto host = request.header("Host");
    if (host && !is_our_name(*host)) {
      return text_answer(403,
                         "not a name of this agent; server.allowed_hosts has those that browsers may use");
    }
  }
  if (basic_auth_) {
    if (auto refused = check_credentials(request)) return refused;
  }
  if (access < Access::kChange) return std::nullopt;
  if (is_cross_site(request)) return cross_site_answer();
  if (access == Access::kAdmin && !admin_) {
    return text_answer(
        403, "what changes the agent, or shows lines, needs server.admin: true in its configuration");
  }
  return std::nullopt;
}

std::optional<HttpAnswer> AccessRules::check_credentials(const HttpRequest& request) const {
  std::string error;
  const auto expected = http::read_basic_authorization(*basic_auth_, error);
  if (!expected) {
    log::error("nobody can be let in", {{"error", error}});
    return text_answer(500, "the server's user and password cannot be read");
  }
  const std::string_view given = request.header("Authorization").value_or("");
  const bool is_basic = http::equal_names(given.substr(0, kBasic.size()), kBasic);
  if (is_basic && are_equal(given.substr(kBasic.size()), std::string_view(*expected).substr(kBasic.size()))) {
    return std::nullopt;
  }
  HttpAnswer answer = text_answer(401, "user and password are needed");
  answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"lokitail\", charset=\"UTF-8\"");
  return answer;
}

bool AccessRules::is_our_name(std::string_view host) const {
  const std::string name = host_name_of(host);
  return is_address(name) || name.ends_with(".localhost") || std::ranges::find(names_, name) != names_.end();
}

}  // namespace lokitail::agent
