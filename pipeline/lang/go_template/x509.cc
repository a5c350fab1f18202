#include "pipeline/lang/go_template/x509.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "pipeline/lang/civil.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Bio = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;

void require(bool done, const char* what) {
  if (!done) throw CryptoError(std::string(what) + " failed");
}

template <typename T>
T* require(T* made, const char* what) {
  require(made != nullptr, what);
  return made;
}

std::string text_of(const Bio& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// ---- keys
// -----------------------------------------------------------------------------------------

PrivateKey generate(EVP_PKEY_CTX* context) {
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_keygen(context, &key) == 1, "generating a key");
  return PrivateKey(key);
}

PrivateKey generate_rsa(int bits) {
  const KeyContext context(require(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr), "RSA"));
  require(
      EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1,
      "RSA");
  return generate(context.get());
}

PrivateKey generate_dsa() {
  constexpr int kPrimeBits = 2048;
  constexpr int kSubprimeBits = 256;
  const KeyContext context(require(EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, nullptr), "DSA"));
  EVP_PKEY* parameters = nullptr;
  require(EVP_PKEY_paramgen_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), kPrimeBits) == 1 &&
              EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context.get(), kSubprimeBits) == 1 &&
              EVP_PKEY_paramgen(context.get(), &parameters) == 1,
          "DSA");
  const PrivateKey group(parameters);
  const KeyContext with_group(require(EVP_PKEY_CTX_new(group.get(), nullptr), "DSA"));
  require(EVP_PKEY_keygen_init(with_group.get()) == 1, "DSA");
  return generate(with_group.get());
}

// A block of PEM; its bytes are not interpreted.
struct PemBlock {
  std::string type;
  std::vector<unsigned char> bytes;
};

bool read_block(std::string_view pem, PemBlock& block) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
  const Bio bio(require(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), "reading PEM"));
  char* type = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &type, &header, &bytes, &size) != 1) return false;
  block.type = type;
  block.bytes.assign(bytes, bytes + size);
  OPENSSL_free(type);
  OPENSSL_free(header);
  OPENSSL_clear_free(bytes, static_cast<std::size_t>(size));
  return true;
}

// ---- certificates
// ---------------------------------------------------------------------------------

void set_random_serial(X509* certificate) {
  constexpr int kBits = 128;
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(require(BN_new(), "a serial number"));
  require(BN_rand(number.get(), kBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
          "a serial number");
}

void set_validity(X509* certificate, const CertificateRequest& request) {
  constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
  constexpr std::int64_t kMostDays = 10'000'000;
  const std::int64_t days = std::clamp(request.days_valid, -kMostDays, kMostDays);
  const std::int64_t end = request.now.seconds + days * kSecondsPerDay;
  if (end > kLastSecond || end < -kLastSecond / 5) {
    throw CryptoError("cannot represent time as GeneralizedTime");
  }
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), request.now.seconds) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(certificate), end) != nullptr,
          "the time of validity");
}

void set_subject(X509* certificate, std::string_view common_name) {
  if (common_name.empty()) return;
  if (!is_utf8(common_name)) throw CryptoError("x509: invalid UTF-8 string");
  const auto* const bytes = reinterpret_cast<const unsigned char*>(common_name.data());
  const auto size = static_cast<int>(common_name.size());
  const int printable =
      ASN1_PRINTABLE_type(bytes, size) == V_ASN1_PRINTABLESTRING ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
  require(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, printable, bytes,
                                     size, -1, 0) == 1,
          "the common name");
}

void add_extension(X509* certificate, const X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      require(X509V3_EXT_conf_nid(nullptr, &context, nid, value), "an extension");
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  require(added, "an extension");
}

// An address as a certificate has it: 4 bytes or 16.
std::string address_bytes(std::string_view text) {
  const std::string address(text);
  std::array<char, 16> bytes{};
  constexpr std::size_t kIpv4 = 4;
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return {bytes.data(), kIpv4};
  if (address.find('\0') != std::string::npos || inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
    throw CryptoError("error parsing ip: " + address);
  }
  const std::string_view all(bytes.data(), bytes.size());
  return std::string(all.starts_with(kMapped) ? all.substr(kMapped.size()) : all);
}

void add_name(GENERAL_NAMES* names, int type, std::string_view bytes) {
  GENERAL_NAME* const name = require(GENERAL_NAME_new(), "a name");
  ASN1_STRING* const text = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, type, text);
  sk_GENERAL_NAME_push(names, name);
}

void add_alternative_names(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.addresses.empty()) return;
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> names(
      require(sk_GENERAL_NAME_new_null(), "the alternative names"));
  for (const std::string_view name : request.dns_names) {
    if (!is_ascii(name)) {
      throw CryptoError("x509: \"" + std::string(name) + "\" cannot be encoded as an IA5String");
    }
    add_name(names.get(), GEN_DNS, name);
  }
  for (const std::string_view address : request.addresses) {
    add_name(names.get(), GEN_IPADD, address_bytes(address));
  }
  const int critical = request.common_name.empty() ? 1 : 0;
  require(
      X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical, X509V3_ADD_DEFAULT) == 1,
      "the alternative names");
}

void add_extensions(X509* certificate, const CertificateRequest& request, const X509* issuer) {
  const bool ca = request.is_authority;
  add_extension(certificate, issuer, NID_key_usage,
                ca ? "critical,digitalSignature,keyEncipherment,keyCertSign"
                   : "critical,digitalSignature,keyEncipherment");
  add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(certificate, issuer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (ca) add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  const bool by_another =
      X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_subject_name(issuer)) != 0;
  if (by_another && X509_get0_subject_key_id(const_cast<X509*>(issuer)) != nullptr) {
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  }
  add_alternative_names(certificate, request);
}

// What a key signs with; nullptr for one that hashes by itself.
const EVP_MD* digest_for(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return EVP_sha256();
    case EVP_PKEY_EC: {
      const int bits = EVP_PKEY_get_bits(key);
      return bits <= 256 ? EVP_sha256() : bits <= 384 ? EVP_sha384() : EVP_sha512();
    }
    case EVP_PKEY_ED25519:
      return nullptr;
    default:
      throw CryptoError("x509: only RSA, ECDSA and Ed25519 keys supported");
  }
}

}  // namespace

PrivateKey generate_key(KeyKind kind) {
  constexpr int kRsa2048 = 2048;
  constexpr int kRsa4096 = 4096;
  switch (kind) {
    case KeyKind::kRsa2048:
      return generate_rsa(kRsa2048);
    case KeyKind::kRsa4096:
      return generate_rsa(kRsa4096);
    case KeyKind::kDsa:
      return generate_dsa();
    case KeyKind::kEcdsa:
      return PrivateKey(require(EVP_EC_gen("P-256"), "ECDSA"));
    case KeyKind::kEd25519: {
      const KeyContext context(require(EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr), "Ed25519"));
      require(EVP_PKEY_keygen_init(context.get()) == 1, "Ed25519");
      return generate(context.get());
    }
  }
  throw CryptoError("unknown kind of key");
}

PrivateKey read_key(std::string_view pem) {
  constexpr std::string_view kSuffix = " PRIVATE KEY";
  PemBlock block;
  if (!read_block(pem, block)) throw CryptoError("no PEM data in input");
  const unsigned char* bytes = block.bytes.data();
  const auto size = static_cast<long>(block.bytes.size());
  EVP_PKEY* key = nullptr;
  if (block.type == "PRIVATE KEY") {
    key = d2i_AutoPrivateKey(nullptr, &bytes, size);
  } else if (!block.type.ends_with(kSuffix)) {
    throw CryptoError("no private key data in PEM block of type " + block.type);
  } else if (block.type == "RSA PRIVATE KEY") {
    key = d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &bytes, size);
  } else if (block.type == "EC PRIVATE KEY") {
    key = d2i_PrivateKey(EVP_PKEY_EC, nullptr, &bytes, size);
  } else if (block.type == "DSA PRIVATE KEY") {
    key = d2i_PrivateKey(EVP_PKEY_DSA, nullptr, &bytes, size);
  } else {
    throw CryptoError("invalid private key type " + block.type);
  }
  if (key == nullptr) throw CryptoError("parsing private key from PEM: malformed key");
  return PrivateKey(key);
}

std::string to_pem(const PrivateKey& key) {
  const Bio bio(require(BIO_new(BIO_s_mem()), "writing PEM"));
  const int kind = EVP_PKEY_get_base_id(key.get());
  const bool own_format = kind == EVP_PKEY_RSA || kind == EVP_PKEY_EC || kind == EVP_PKEY_DSA;
  const int written =
      own_format
          ? PEM_write_bio_PrivateKey_traditional(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
          : PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  require(written == 1, "writing a key");
  return text_of(bio);
}

Certificate read_certificate(std::string_view pem) {
  PemBlock block;
  if (!read_block(pem, block)) throw CryptoError("unable to decode certificate");
  const unsigned char* bytes = block.bytes.data();
  Certificate certificate(d2i_X509(nullptr, &bytes, static_cast<long>(block.bytes.size())));
  if (certificate == nullptr) throw CryptoError("error parsing certificate: malformed certificate");
  return certificate;
}

std::string to_pem(const Certificate& certificate) {
  const Bio bio(require(BIO_new(BIO_s_mem()), "writing PEM"));
  require(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "writing a certificate");
  return text_of(bio);
}

Certificate make_certificate(const CertificateRequest& request, const PrivateKey& key, const X509* issuer,
                             const PrivateKey* issuer_key) {
  const PrivateKey& signing_key = issuer_key == nullptr ? key : *issuer_key;
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_DSA) {
    throw CryptoError("x509: unsupported public key type: *dsa.PublicKey");
  }
  if (issuer != nullptr && X509_check_private_key(issuer, signing_key.get()) != 1) {
    throw CryptoError("x509: provided PrivateKey doesn't match parent's PublicKey");
  }
  Certificate certificate(require(X509_new(), "a certificate"));
  const X509* const signer = issuer == nullptr ? certificate.get() : issuer;
  require(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "a certificate");
  set_random_serial(certificate.get());
  set_validity(certificate.get(), request);
  set_subject(certificate.get(), request.common_name);
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1 &&
              X509_set_pubkey(certificate.get(), key.get()) == 1,
          "a certificate");
  add_extensions(certificate.get(), request, signer);
  require(X509_sign(certificate.get(), signing_key.get(), digest_for(signing_key.get())) != 0,
          "signing a certificate");
  return certificate;
}

}  // namespace lokitail::pipeline::lang::go_template
