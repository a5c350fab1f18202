#include "agent/server/server_tls.h"

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "agent/http/tls.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// What is asked of clients, in the words of Go's crypto/tls.
void ask_for_certificates(asio::ssl::context& tls, const std::string& type) {
  // Without a name sessions of clients with a certificate could not be taken up again.
  static constexpr unsigned char kSessions[] = "lokitail";
  SSL_CTX_set_session_id_context(tls.native_handle(), kSessions, sizeof kSessions - 1);
  if (type == "VerifyClientCertIfGiven") {
    tls.set_verify_mode(asio::ssl::verify_peer);
  } else if (type == "RequireAndVerifyClientCert") {
    tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  } else if (type == "RequestClientCert" || type == "RequireAnyClientCert") {
    const bool required = type == "RequireAnyClientCert";
    tls.set_verify_mode(asio::ssl::verify_peer | (required ? asio::ssl::verify_fail_if_no_peer_cert : 0));
    tls.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
  } else {
    tls.set_verify_mode(asio::ssl::verify_none);
  }
}

std::shared_ptr<asio::ssl::context> make_context(const config::ServerTlsConfig& config, std::string& error) {
  error = problem_of(config);
  if (!error.empty()) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(http::make_server_tls_context(config.tls, error));
  ask_for_certificates(*context, config.client_auth_type);
  return error.empty() ? context : nullptr;
}

}  // namespace

ServerTls::ServerTls(config::ServerTlsConfig config) : config_(std::move(config)), times_(file_times()) {
  std::string error;
  context_ = make_context(config_, error);
  if (!context_) throw std::runtime_error(error);
}

std::shared_ptr<asio::ssl::context> ServerTls::context() {
  auto times = file_times();
  if (times == times_) return context_;
  times_ = std::move(times);
  std::string error;
  if (auto renewed = make_context(config_, error)) {
    context_ = std::move(renewed);
    log::info("the server's certificate was read again");
  } else {
    log::error("the server keeps its old certificate", {{"error", error}});
  }
  return context_;
}

std::vector<std::filesystem::file_time_type> ServerTls::file_times() const {
  std::vector<std::filesystem::file_time_type> times;
  for (const std::string* file : {&config_.tls.cert_file, &config_.tls.key_file, &config_.tls.ca_file}) {
    std::error_code error;
    times.push_back(file->empty() ? std::filesystem::file_time_type{}
                                  : std::filesystem::last_write_time(*file, error));
  }
  return times;
}

}  // namespace lokitail::agent
