// The keys of an HTTP client: who it is, whom it trusts, which way it goes.
// Source: github.com/prometheus/common/config, whose messages are kept.

#include <algorithm>
#include <array>

#include "config/blocks.h"
#include "config/nearest.h"

namespace lokitail::config {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t from = text.find_first_not_of(kSpace);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

}  // namespace

BasicAuth read_basic_auth(const Node& node, Warnings& warnings) {
  BasicAuth auth;
  Fields fields(node, "basic_auth", kRefuseUnknown, warnings);
  set(auth.username, fields.find("username"));
  set(auth.username_file, fields.find("username_file"));
  set(auth.password, fields.find("password"));
  set(auth.password_file, fields.find("password_file"));
  fields.not_yet({"username_ref", "password_ref"});
  fields.finish();
  if (!auth.username.empty() && !auth.username_file.empty()) {
    throw node.error("at most one of basic_auth username & username_file must be configured");
  }
  if (!auth.password.empty() && !auth.password_file.empty()) {
    throw node.error("at most one of basic_auth password & password_file must be configured");
  }
  return auth;
}

namespace {

Authorization read_authorization(const Node& node, Warnings& warnings) {
  Authorization authorization;
  Fields fields(node, "authorization", kRefuseUnknown, warnings);
  if (const Node* type = fields.find("type")) {
    const std::string text = read_text(*type);
    authorization.type = trim(text);
    if (authorization.type.empty()) authorization.type = "Bearer";
    if (equal_fold(authorization.type, "basic")) {
      throw type->error("authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    }
  }
  set(authorization.credentials, fields.find("credentials"));
  set(authorization.credentials_file, fields.find("credentials_file"));
  fields.not_yet({"credentials_ref"});
  fields.finish();
  if (!authorization.credentials.empty() && !authorization.credentials_file.empty()) {
    throw node.error("at most one of authorization credentials & credentials_file must be configured");
  }
  return authorization;
}

void read_tls_version(std::string& version, const Node* node) {
  constexpr std::array<std::string_view, 4> kVersions{"TLS10", "TLS11", "TLS12", "TLS13"};
  set(version, node);
  if (!node || version.empty()) return;
  if (std::find(kVersions.begin(), kVersions.end(), version) == kVersions.end()) {
    throw node->error("unknown TLS version: " + version + did_you_mean(version, kVersions));
  }
}

void check_tls(const Node& node, const TlsConfig& tls) {
  const bool has_cert = !tls.cert.empty() || !tls.cert_file.empty();
  const bool has_key = !tls.key.empty() || !tls.key_file.empty();
  if (!tls.ca.empty() && !tls.ca_file.empty()) {
    throw node.error("at most one of ca and ca_file must be configured");
  }
  if (!tls.cert.empty() && !tls.cert_file.empty()) {
    throw node.error("at most one of cert and cert_file must be configured");
  }
  if (!tls.key.empty() && !tls.key_file.empty()) {
    throw node.error("at most one of key and key_file must be configured");
  }
  if (has_cert && !has_key) {
    throw node.error(
        "exactly one of key or key_file must be configured when a client certificate is "
        "configured");
  }
  if (has_key && !has_cert) {
    throw node.error("exactly one of cert or cert_file must be configured when a client key is configured");
  }
  // The names compare as their versions do.
  if (!tls.min_version.empty() && !tls.max_version.empty() && tls.max_version < tls.min_version) {
    throw node.error(
        "tls_config.max_version must be greater than or equal to tls_config.min_version if both "
        "are specified");
  }
}

}  // namespace

void read_tls(Fields& fields, TlsConfig& tls) {
  set(tls.ca, fields.find("ca"));
  set(tls.ca_file, fields.find("ca_file"));
  set(tls.cert, fields.find("cert"));
  set(tls.cert_file, fields.find("cert_file"));
  set(tls.key, fields.find("key"));
  set(tls.key_file, fields.find("key_file"));
  set(tls.server_name, fields.find("server_name"));
  set(tls.insecure_skip_verify, fields.find("insecure_skip_verify"));
  read_tls_version(tls.min_version, fields.find("min_version"));
  read_tls_version(tls.max_version, fields.find("max_version"));
  fields.not_yet({"ca_ref", "cert_ref", "key_ref"});
  check_tls(fields.node(), tls);
}

void read_tls(const Node& node, TlsConfig& tls, Warnings& warnings) {
  Fields fields(node, "tls_config", kRefuseUnknown, warnings);
  read_tls(fields, tls);
  fields.finish();
}

namespace {

std::vector<Secret> read_secrets(const Node& node) {
  std::vector<Secret> secrets;
  for (std::string& text : read_text_list(node)) secrets.emplace_back(std::move(text));
  return secrets;
}

void read_proxy(Fields& fields, HttpClientConfig& http) {
  set_url(http.proxy_url, fields.find("proxy_url"));
  set(http.no_proxy, fields.find("no_proxy"));
  set(http.proxy_from_environment, fields.find("proxy_from_environment"));
  if (const Node* headers = fields.find("proxy_connect_header")) {
    if (!headers->is_mapping()) {
      throw headers->error("proxy_connect_header: expected a mapping, found " + headers->describe());
    }
    for (const auto& [name, values] : headers->entries()) {
      http.proxy_connect_header.insert_or_assign(name.text(), read_secrets(values));
    }
  }
  const Node& node = fields.node();
  if (http.proxy_from_environment && !http.proxy_url.empty()) {
    throw node.error("if proxy_from_environment is configured, proxy_url must not be configured");
  }
  if (http.proxy_from_environment && !http.no_proxy.empty()) {
    throw node.error("if proxy_from_environment is configured, no_proxy must not be configured");
  }
  if (http.proxy_url.empty() && !http.no_proxy.empty()) {
    throw node.error("if no_proxy is configured, proxy_url must also be configured");
  }
  if (!http.proxy_connect_header.empty() && !http.proxy_from_environment && http.proxy_url.empty()) {
    throw node.error(
        "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be "
        "configured");
  }
}

// Headers that the client writes itself.
bool is_reserved_header(std::string_view name) {
  constexpr std::array<std::string_view, 17> kReserved{"Authorization",
                                                       "Host",
                                                       "Content-Encoding",
                                                       "Content-Length",
                                                       "Content-Type",
                                                       "User-Agent",
                                                       "Connection",
                                                       "Keep-Alive",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authorization",
                                                       "Www-Authenticate",
                                                       "Accept-Encoding",
                                                       "Transfer-Encoding",
                                                       "Te",
                                                       "Trailer",
                                                       "Upgrade",
                                                       "Proxy-Connection"};
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [name](std::string_view reserved) { return equal_fold(name, reserved); });
}

void read_http_headers(const Node& node, HttpClientConfig& http, Warnings& warnings) {
  if (!node.is_mapping()) {
    throw node.error("http_headers: expected a mapping, found " + node.describe());
  }
  for (const auto& [name, value] : node.entries()) {
    if (is_reserved_header(name.text())) {
      throw name.error("setting header \"" + name.text() + "\" is not allowed");
    }
    HttpHeader header;
    Fields fields(value, "http_headers", kRefuseUnknown, warnings);
    if (const Node* values = fields.find("values")) header.values = read_text_list(*values);
    if (const Node* secrets = fields.find("secrets")) header.secrets = read_secrets(*secrets);
    if (const Node* files = fields.find("files")) header.files = read_text_list(*files);
    fields.finish();
    http.http_headers.insert_or_assign(name.text(), std::move(header));
  }
}

void check_one_identity(const Node& node, const HttpClientConfig& http) {
  const bool bearer = !http.bearer_token.empty() || !http.bearer_token_file.empty();
  if (!http.bearer_token.empty() && !http.bearer_token_file.empty()) {
    throw node.error("at most one of bearer_token & bearer_token_file must be configured");
  }
  if (http.basic_auth && bearer) {
    throw node.error(
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
  }
  if (http.authorization && bearer) {
    throw node.error("authorization is not compatible with bearer_token & bearer_token_file");
  }
  if (http.basic_auth && http.authorization) {
    throw node.error("at most one of basic_auth, oauth2 & authorization must be configured");
  }
}

}  // namespace

void read_http_client(Fields& fields, HttpClientConfig& http, Warnings& warnings) {
  if (const Node* auth = fields.find("basic_auth")) {
    http.basic_auth = read_basic_auth(*auth, warnings);
  }
  if (const Node* authorization = fields.find("authorization")) {
    http.authorization = read_authorization(*authorization, warnings);
  }
  set(http.bearer_token, fields.find("bearer_token"));
  set(http.bearer_token_file, fields.find("bearer_token_file"));
  fields.not_yet({"oauth2"});
  check_one_identity(fields.node(), http);

  if (const Node* tls = fields.find("tls_config")) read_tls(*tls, http.tls_config, warnings);
  read_proxy(fields, http);
  set(http.follow_redirects, fields.find("follow_redirects"));
  set(http.enable_http2, fields.find("enable_http2"));
  if (const Node* headers = fields.find("http_headers")) {
    read_http_headers(*headers, http, warnings);
  }
}

}  // namespace lokitail::config
