// Private keys and certificates. Making an RSA key takes a good part of a second: a template that
// does it for each line is slow, and one that does it many times over is ended.
#include <optional>

#include "pipeline/lang/go_template/encoding.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/x509.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// Of what one execution may do, in units of Context::spend().
constexpr std::size_t kWorkOfKey = kMaxWork / 3;
constexpr std::size_t kWorkOfCertificate = kMaxWork / 100;

// The result of `make`, which may throw CryptoError.
template <typename Make>
Value guarded(const Call& call, Make make) {
  try {
    return make();
  } catch (const CryptoError& error) {
    return call.context.fail(call.context.copy(error.what()));
  }
}

Value gen_private_key(const Call& call) {
  const std::string_view type = call.string(0);
  KeyKind kind = KeyKind::kRsa4096;
  if (type == "dsa") {
    kind = KeyKind::kDsa;
  } else if (type == "ecdsa") {
    kind = KeyKind::kEcdsa;
  } else if (type == "ed25519") {
    kind = KeyKind::kEd25519;
  } else if (!type.empty() && type != "rsa") {
    return call.context.text("Unknown type " + std::string(type));
  }
  const bool slow = kind == KeyKind::kRsa4096 || kind == KeyKind::kDsa;
  if (!call.context.spend(slow ? kWorkOfKey : kWorkOfCertificate)) return {};
  return guarded(call, [&] { return call.context.text(to_pem(generate_key(kind))); });
}

std::vector<std::string_view> texts(const Call& call, const Value& list, const char* complaint) {
  std::vector<std::string_view> texts;
  for (const Value& item : list.as_list()) {
    if (!item.is(Type::kString)) call.context.fail(complaint);
    texts.push_back(item.is(Type::kString) ? item.as_string() : std::string_view());
  }
  return texts;
}

// Given: (cn, days), or (cn, ips, names, days).
CertificateRequest request(const Call& call, bool is_authority) {
  CertificateRequest request;
  request.common_name = call.string(0);
  request.is_authority = is_authority;
  request.now = call.context.now();
  request.days_valid = call[is_authority ? 1 : 3].as_integer();
  if (!is_authority) {
    request.addresses = texts(call, call[1], "error parsing ip: a value is not a string");
    request.dns_names = texts(call, call[2], "error processing alternate dns name: a value is not a string");
  }
  return request;
}

// The key is a new one, unless a text has it.
PrivateKey key_for(const Call& call, std::optional<std::string_view> pem) {
  if (pem) return read_key(*pem);
  if (!call.context.spend(kWorkOfKey)) throw CryptoError("the template does too much work");
  return generate_key(KeyKind::kRsa2048);
}

Value result(const Call& call, const Certificate& certificate, const PrivateKey& key) {
  return call.context.key_pair(to_pem(certificate), to_pem(key));
}

Value issue(const Call& call, bool is_authority, const Value* authority,
            std::optional<std::string_view> key_pem) {
  const CertificateRequest wanted = request(call, is_authority);
  if (!call.context.spend(kWorkOfCertificate)) return {};
  return guarded(call, [&]() -> Value {
    const PrivateKey key = key_for(call, key_pem);
    if (authority == nullptr) return result(call, make_certificate(wanted, key), key);
    const Certificate issuer = read_certificate(authority->as_key_pair().certificate);
    const PrivateKey issuer_key = read_key(authority->as_key_pair().key);
    return result(call, make_certificate(wanted, key, issuer.get(), &issuer_key), key);
  });
}

Value gen_ca(const Call& call) { return issue(call, true, nullptr, std::nullopt); }
Value gen_ca_with_key(const Call& call) { return issue(call, true, nullptr, call.string(2)); }
Value gen_self_signed(const Call& call) { return issue(call, false, nullptr, std::nullopt); }
Value gen_self_signed_with_key(const Call& call) { return issue(call, false, nullptr, call.string(4)); }
Value gen_signed(const Call& call) { return issue(call, false, &call[4], std::nullopt); }
Value gen_signed_with_key(const Call& call) { return issue(call, false, &call[4], call.string(5)); }

std::string_view decode(const Call& call, std::size_t i, const char* complaint) {
  const auto decoded = decode_base64(call.context, call.string(i));
  if (!decoded) call.context.fail(complaint);
  return decoded.value_or(std::string_view());
}

// From a certificate and its key, both PEM in base64.
Value build_custom_cert(const Call& call) {
  const std::string_view certificate = decode(call, 0, "unable to decode base64 certificate");
  const std::string_view key = decode(call, 1, "unable to decode base64 private key");
  if (call.context.failed()) return {};
  return guarded(call, [&] {
    read_certificate(certificate);
    read_key(key);
    return call.context.key_pair(certificate, key);
  });
}

constexpr Function kCertificateFunctions[] = {
    {"genPrivateKey", "string", gen_private_key},
    {"buildCustomCert", "string string", build_custom_cert},
    {"genCA", "string int", gen_ca},
    {"genCAWithKey", "string int string", gen_ca_with_key},
    {"genSelfSignedCert", "string list list int", gen_self_signed},
    {"genSelfSignedCertWithKey", "string list list int string", gen_self_signed_with_key},
    {"genSignedCert", "string list list int keypair", gen_signed},
    {"genSignedCertWithKey", "string list list int keypair string", gen_signed_with_key},
};

}  // namespace

std::span<const Function> certificate_functions() { return kCertificateFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
