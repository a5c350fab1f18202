// Private keys and X.509 certificates, made and read as Go's crypto/x509 does it for Sprig.
//
// Threads:   pure functions. Ownership: keys and certificates are freed with their pointers.
// Errors:    throw CryptoError with Go's words where they mean something to a user.
// Source:    Sprig v3.3 crypto.go; RFC 5280. Not for connections: those are agent/http/tls.h.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang::go_template {

class CryptoError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, OpensslFree<X509_free>>;

enum class KeyKind { kRsa2048, kRsa4096, kDsa, kEcdsa, kEd25519 };

PrivateKey generate_key(KeyKind kind);
// The first block of a PEM text; `PRIVATE KEY`, or one of RSA, EC and DSA.
PrivateKey read_key(std::string_view pem);
// RSA, EC and DSA in the formats of their own, all others as PKCS #8.
std::string to_pem(const PrivateKey& key);

Certificate read_certificate(std::string_view pem);
std::string to_pem(const Certificate& certificate);

// What a certificate is to say.
struct CertificateRequest {
  std::string_view common_name;
  std::vector<std::string_view> dns_names{};
  std::vector<std::string_view> addresses{};
  std::int64_t days_valid = 0;
  bool is_authority = false;
  Timestamp now{};
};

// Signed by `key` itself where there is no issuer.
Certificate make_certificate(const CertificateRequest& request, const PrivateKey& key,
                             const X509* issuer = nullptr, const PrivateKey* issuer_key = nullptr);

}  // namespace lokitail::pipeline::lang::go_template
