#include "pipeline/redact/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace lokitail::pipeline::redact {
namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool done) {
  if (!done) throw std::runtime_error("HMAC-SHA-256 is not available");
}

}  // namespace

void KeyedHash::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

KeyedHash::KeyedHash(std::string_view salt) {
  const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                          EVP_MAC_free);
  require(hmac != nullptr);
  context_.reset(EVP_MAC_CTX_new(hmac.get()));
  std::string digest = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_end()};
  require(context_ != nullptr && EVP_MAC_init(context_.get(), bytes(salt), salt.size(), parameters) == 1);
}

KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash::~KeyedHash() = default;

KeyedHash::Digits KeyedHash::of(std::string_view secret) {
  std::array<unsigned char, 32> hash;
  std::size_t size = 0;
  // Without a key: begins anew with the one that was given.
  const bool done = EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(context_.get(), bytes(secret), secret.size()) == 1 &&
                    EVP_MAC_final(context_.get(), hash.data(), &size, hash.size()) == 1;
  require(done);
  Digits digits;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    digits[i] = "0123456789abcdef"[hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  }
  return digits;
}

}  // namespace lokitail::pipeline::redact
