#include "agent/http/tls.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <openssl/x509.h>
#include <boost/asio/buffer.hpp>

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
using asio::ssl::context;
using boost::system::error_code;

bool exists(const char* path) { return ::access(path, R_OK) == 0; }

// TLS10 … TLS13 as the configuration has them; 0 for any.
int version_number(const std::string& name) {
  if (name == "TLS10") return TLS1_VERSION;
  if (name == "TLS11") return TLS1_1_VERSION;
  if (name == "TLS12") return TLS1_2_VERSION;
  if (name == "TLS13") return TLS1_3_VERSION;
  return 0;
}

// Where distributions keep the authorities they trust, as Go's crypto/x509 looks for them (root_linux.go).
constexpr std::array kBundles = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/pki/tls/cacert.pem",                            // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // CentOS
    "/etc/ssl/cert.pem",                                  // Alpine
};

// OpenSSL knows the places of the distribution that it was built for, and the variables SSL_CERT_FILE and
// SSL_CERT_DIR. Our archive and package for others have the same OpenSSL in them.
void load_system_authorities(context& tls, error_code& failed) {
  tls.set_default_verify_paths(failed);
  const bool is_told = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                       std::getenv(X509_get_default_cert_dir_env()) != nullptr;
  if (failed || is_told || exists(X509_get_default_cert_file())) return;
  const auto* const bundle = std::ranges::find_if(kBundles, exists);
  if (bundle != kBundles.end()) tls.load_verify_file(*bundle, failed);
}

void load_authorities(context& tls, const config::TlsConfig& config, std::string& error) {
  error_code failed;
  if (!config.ca.empty()) {
    tls.add_certificate_authority(asio::buffer(config.ca), failed);
    if (failed) error = "unable to use inline CA certificate: " + failed.message();
  } else if (!config.ca_file.empty()) {
    tls.load_verify_file(config.ca_file, failed);
    if (failed) error = "unable to use CA file " + config.ca_file + ": " + failed.message();
  } else {
    load_system_authorities(tls, failed);
    if (failed) error = "unable to use the system's CA certificates: " + failed.message();
  }
}

void load_own_certificate(context& tls, const config::TlsConfig& config, std::string& error) {
  error_code failed;
  if (!config.cert.empty()) {
    tls.use_certificate_chain(asio::buffer(config.cert), failed);
    if (failed) error = "unable to use inline certificate: " + failed.message();
  } else if (!config.cert_file.empty()) {
    tls.use_certificate_chain_file(config.cert_file, failed);
    if (failed) error = "unable to use certificate " + config.cert_file + ": " + failed.message();
  }
  if (!error.empty()) return;
  if (!config.key.reveal().empty()) {
    tls.use_private_key(asio::buffer(config.key.reveal()), context::pem, failed);
    if (failed) error = "unable to use inline key: " + failed.message();
  } else if (!config.key_file.empty()) {
    tls.use_private_key_file(config.key_file, context::pem, failed);
    if (failed) error = "unable to use key " + config.key_file + ": " + failed.message();
  }
}

context make_context(context::method method, const config::TlsConfig& config) {
  context tls(method);
  error_code failed;
  tls.set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3, failed);
  const int lowest = version_number(config.min_version);
  // TLS 1.2 as in Promtail, where nothing else is asked for.
  SSL_CTX_set_min_proto_version(tls.native_handle(), lowest != 0 ? lowest : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(tls.native_handle(), version_number(config.max_version));
  return tls;
}

}  // namespace

context make_tls_context(const config::TlsConfig& config, std::string& error) {
  context tls = make_context(context::tls_client, config);
  tls.set_verify_mode(config.insecure_skip_verify ? asio::ssl::verify_none : asio::ssl::verify_peer);
  if (!config.insecure_skip_verify) load_authorities(tls, config, error);
  if (error.empty()) load_own_certificate(tls, config, error);
  return tls;
}

context make_server_tls_context(const config::TlsConfig& config, std::string& error) {
  context tls = make_context(context::tls_server, config);
  if (!config.ca.empty() || !config.ca_file.empty()) {
    tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    load_authorities(tls, config, error);
  }
  if (error.empty()) load_own_certificate(tls, config, error);
  return tls;
}

}  // namespace lokitail::agent::http
