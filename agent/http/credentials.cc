#include "agent/http/credentials.h"

#include <optional>

#include "agent/http/trim.h"
#include "agent/state/durable_file.h"
#include "config/base64.h"

namespace lokitail::agent::http {
namespace {

// A secret's file, without the space around it, such as the newline that editors put at the end.
std::optional<std::string> read_secret(const std::string& path, std::string& error) {
  std::string text;
  bool missing = false;
  std::string problem = read_whole_file(path, text, missing);
  if (missing) problem = "cannot open " + path + ": there is no such file";
  if (!problem.empty()) {
    error = std::move(problem);
    return std::nullopt;
  }
  return std::string(trimmed(text));
}

// The secret itself, or what its file holds.
std::optional<std::string> secret(const config::Secret& literal, const std::string& file,
                                  std::string& error) {
  return file.empty() ? literal.reveal() : read_secret(file, error);
}

}  // namespace

std::string basic_authorization(const std::string& user, const std::string& password) {
  return "Basic " + config::encode_base64(user + ':' + password);
}

std::optional<std::string> read_basic_authorization(const config::BasicAuth& basic, std::string& error) {
  const auto user =
      basic.username_file.empty() ? std::optional(basic.username) : read_secret(basic.username_file, error);
  const auto password = secret(basic.password, basic.password_file, error);
  if (!user || !password) return std::nullopt;
  return basic_authorization(*user, *password);
}

namespace {

// The value of the Authorization header; empty for none.
std::string authorization(const Url& url, const config::HttpClientConfig& config, std::string& error) {
  if (config.basic_auth) {
    return read_basic_authorization(*config.basic_auth, error).value_or(std::string());
  }
  if (config.authorization) {
    const auto& given = *config.authorization;
    const auto credentials = secret(given.credentials, given.credentials_file, error);
    return credentials ? given.type + ' ' + *credentials : std::string();
  }
  if (!config.bearer_token.empty() || !config.bearer_token_file.empty()) {
    const auto token = secret(config.bearer_token, config.bearer_token_file, error);
    return token ? "Bearer " + *token : std::string();
  }
  return url.has_user ? basic_authorization(url.user, url.password) : std::string();
}

}  // namespace

Headers read_secret_headers(const Url& url, const config::HttpClientConfig& config, std::string& error) {
  Headers headers;
  for (const auto& [name, header] : config.http_headers) {
    for (const auto& value : header.values) headers.emplace_back(name, value);
    for (const auto& value : header.secrets) headers.emplace_back(name, value.reveal());
    for (const auto& file : header.files) {
      if (const auto value = read_secret(file, error)) headers.emplace_back(name, *value);
    }
  }
  if (std::string value = authorization(url, config, error); !value.empty()) {
    headers.emplace_back("Authorization", std::move(value));
  }
  return headers;
}

}  // namespace lokitail::agent::http
