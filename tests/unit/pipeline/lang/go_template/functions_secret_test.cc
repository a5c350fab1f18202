// Password hashes, AES, keys and certificates. What differs from run to run is checked by what reads
// it: libcrypt and OpenSSL.
#include <crypt.h>
#include <openssl/x509v3.h>

#include <string>

#include <catch2/catch.hpp>

#include "pipeline/lang/go_template/x509.h"
#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

using go_template::Certificate;
using go_template::PrivateKey;
using go_template::read_certificate;
using go_template::read_key;

bool is_hash_of(const std::string& hash, const std::string& password) {
  crypt_data state{};
  const char* const again = crypt_rn(password.c_str(), hash.c_str(), &state, sizeof state);
  return again != nullptr && hash == again;
}

// A template's result that is a certificate, a space, and a key.
struct Pair {
  explicit Pair(const std::string& pem)
      : certificate(read_certificate(pem.substr(0, pem.find("----- ") + 5) + '\n')),
        key(read_key(pem.substr(pem.find("----- ") + 6) + '\n')) {}

  Certificate certificate;
  PrivateKey key;
};

Pair pair(const std::string& call, const TextMap& data = {}) {
  const std::string text = render("{{ with " + call + " }}{{ .Cert | trim }} {{ .Key }}{{ end }}", data);
  INFO(text);
  return Pair(text);
}

std::string extension(const X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  if (at < 0) return "none";
  BIO* const bio = BIO_new(BIO_s_mem());
  X509_EXTENSION* const found = X509_get_ext(certificate, at);
  X509V3_EXT_print(bio, found, 0, 0);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return (X509_EXTENSION_get_critical(found) != 0 ? "critical, " : "") + text;
}

bool is_signed_by(const Pair& subject, const Pair& issuer) {
  return X509_verify(subject.certificate.get(), X509_get0_pubkey(issuer.certificate.get())) == 1 &&
         X509_NAME_cmp(X509_get_issuer_name(subject.certificate.get()),
                       X509_get_subject_name(issuer.certificate.get())) == 0;
}

bool belong_together(const Pair& pair) {
  return X509_check_private_key(pair.certificate.get(), pair.key.get()) == 1;
}

TEST_CASE("bcrypt in templates", "[go_template]") {
  const std::string hash = render("{{ bcrypt `secret` }}");
  CHECK(hash.starts_with("$2a$10$"));
  CHECK(hash.size() == 60);
  CHECK(is_hash_of(hash, "secret"));
  CHECK_FALSE(is_hash_of(hash, "Secret"));
  CHECK(render("{{ bcrypt `secret` }}") != hash);  // another salt
  const std::string user = render("{{ htpasswd `me` `pass` }}");
  REQUIRE(user.starts_with("me:$2a$10$"));
  CHECK(is_hash_of(user.substr(3), "pass"));
  CHECK(render("{{ htpasswd `a:b` `x` }}") == "invalid username: a:b");
  CHECK(render("{{ bcrypt (repeat 73 `x`) }}") ==
        "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes");
  CHECK(render("{{ bcrypt \"a\\x00b\" }}") == "error: bcrypt: a password may not have a zero byte in it");
  CHECK(render("{{ range until 1000 }}{{ bcrypt `x` }}{{ end }}") ==
        "error: the template does too much work");
}

TEST_CASE("derived passwords in templates", "[go_template]") {
  const Row rows[] = {
      {"1 `maximum` `password` `user` `example.com`", "pf4zS1LjCg&LjhsZ7T2~"},
      {"1 `long` `password` `user` `example.com`", "ZedaFaxcZaso9*"},
      {"1 `medium` `password` `user` `example.com`", "ZedJuz8$"},
      {"1 `short` `password` `user` `example.com`", "Zed5"},
      {"1 `basic` `password` `user` `example.com`", "pIS54PLs"},
      {"1 `pin` `password` `user` `example.com`", "6685"},
      {"4294967295 `long` `` `é` ``", "Woza2@VozuVamc"},
      {"2.0 `pin` `p` `u` `s`", "8889"},
      {"1 `nope` `p` `u` `s`", "cannot find password template nope"},
      {"-1 `pin` `p` `u` `s`", "error: expected unsigned integer; found -1"},
      {"`1` `pin` `p` `u` `s`", "error: expected unsigned integer; found `1`"},
      {"(int 1) `pin` `p` `u` `s`", "error: wrong type for value; expected uint32"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render("{{ derivePassword " + row.text + " }}") == row.want);
  }
}

TEST_CASE("AES in templates", "[go_template]") {
  const Row rows[] = {
      {"{{ decryptAES `secretkey` `t/yyD4TidS0bA+gwF9EbJLANqCkiAkT7sy+WWnbb310=` }}", "plain text"},
      {"{{ decryptAES `a key that is longer than thirty-two bytes are` "
       "`suK4ng81QbbZZKpvg9NLmlck95fC22lXzForEk6iIn1WaGIctyfYRyjWJJIqf7Lh` }}",
       "0123456789abcdef"},
      {"{{ encryptAES `k` `héllo` | decryptAES `k` }}", "héllo"},
      {"{{ encryptAES `` (repeat 100 `x`) | decryptAES `` | len }}", "100"},
      {"{{ eq (encryptAES `k` `x`) (encryptAES `k` `x`) }}", "false"},
      {"{{ encryptAES `k` `` }}{{ decryptAES `k` `` }}", ""},
      {"{{ decryptAES `k` `aGk=` }}", "error: decryptAES: input not full blocks"},
      {"{{ decryptAES `k` `?` }}", "error: illegal base64 data"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text) == row.want);
  }
}

TEST_CASE("private keys in templates", "[go_template]") {
  const struct {
    std::string type;
    std::string begin;
    int kind;
    int bits;
  } rows[] = {
      {"rsa", "-----BEGIN RSA PRIVATE KEY-----\n", EVP_PKEY_RSA, 4096},
      {"dsa", "-----BEGIN DSA PRIVATE KEY-----\n", EVP_PKEY_DSA, 2048},
      {"ecdsa", "-----BEGIN EC PRIVATE KEY-----\n", EVP_PKEY_EC, 256},
      {"ed25519", "-----BEGIN PRIVATE KEY-----\n", EVP_PKEY_ED25519, 256},
  };
  for (const auto& row : rows) {
    INFO(row.type);
    const std::string pem = render("{{ genPrivateKey `" + row.type + "` }}");
    CHECK(pem.starts_with(row.begin));
    const PrivateKey key = read_key(pem);
    CHECK(EVP_PKEY_get_base_id(key.get()) == row.kind);
    const int bits = EVP_PKEY_get_bits(key.get());
    CHECK((row.kind == EVP_PKEY_ED25519 || bits == row.bits));
    CHECK(to_pem(key) == pem);
  }
  CHECK(render("{{ genPrivateKey `nope` }}") == "Unknown type nope");
}

TEST_CASE("certificates in templates", "[go_template]") {
  const Pair authority = pair("genCA `my ca` 365");
  CHECK(belong_together(authority));
  CHECK(is_signed_by(authority, authority));
  CHECK(EVP_PKEY_get_bits(authority.key.get()) == 2048);
  CHECK(extension(authority.certificate.get(), NID_basic_constraints) == "critical, CA:TRUE");
  CHECK(extension(authority.certificate.get(), NID_key_usage) ==
        "critical, Digital Signature, Key Encipherment, Certificate Sign");
  CHECK(extension(authority.certificate.get(), NID_ext_key_usage) ==
        "TLS Web Server Authentication, TLS Web Client Authentication");
  int days = 0;
  int seconds = 0;
  CHECK(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(authority.certificate.get()),
                       X509_get0_notAfter(authority.certificate.get())) == 1);
  CHECK(days == 365);

  const Pair own = pair("genSelfSignedCert `a.cz` (list `1.2.3.4` `::1`) (list `b.cz` `*.c.cz`) 10");
  CHECK(belong_together(own));
  CHECK(is_signed_by(own, own));
  CHECK(extension(own.certificate.get(), NID_basic_constraints) == "critical, CA:FALSE");
  CHECK(extension(own.certificate.get(), NID_subject_alt_name) ==
        "DNS:b.cz, DNS:*.c.cz, IP Address:1.2.3.4, IP Address:0:0:0:0:0:0:0:1");
  CHECK(X509_check_ip_asc(own.certificate.get(), "1.2.3.4", 0) == 1);
  CHECK(X509_check_host(own.certificate.get(), "x.c.cz", 0, 0, nullptr) == 1);
}

TEST_CASE("certificates signed by another in templates", "[go_template]") {
  const TextMap keys = {{"ec", render("{{ genPrivateKey `ecdsa` }}")},
                        {"ed", render("{{ genPrivateKey `ed25519` }}")},
                        {"dsa", render("{{ genPrivateKey `dsa` }}")}};
  const std::string both = render(
      "{{ $ca := genCAWithKey `ca` 30 .ec }}{{ $c := genSignedCertWithKey `c` nil nil 5 $ca .ed }}"
      "{{ $ca.Cert | trim }} {{ $ca.Key | trim }}~{{ $c.Cert | trim }} {{ $c.Key }}",
      keys);
  const Pair authority(both.substr(0, both.find('~')));
  const Pair certificate(both.substr(both.find('~') + 1));
  CHECK(belong_together(certificate));
  CHECK(is_signed_by(certificate, authority));
  CHECK_FALSE(is_signed_by(certificate, certificate));
  CHECK(to_pem(authority.key) == keys.at("ec"));
  CHECK(to_pem(certificate.key) == keys.at("ed"));
  CHECK(extension(certificate.certificate.get(), NID_authority_key_identifier)
            .find(extension(authority.certificate.get(), NID_subject_key_identifier)) != std::string::npos);
  CHECK(extension(certificate.certificate.get(), NID_subject_alt_name) == "none");

  const Row rows[] = {
      {"{{ $ca := genCAWithKey `ca` 1 .ec }}{{ (genSignedCert `c` nil (list `d`) 1 $ca).Cert | trunc "
       "27 }}",
       "-----BEGIN CERTIFICATE-----"},
      {"{{ (genSelfSignedCertWithKey `c` nil nil 1 .ed).Key | trunc 27 }}", "-----BEGIN PRIVATE KEY-----"},
      {"{{ with genCAWithKey `x` 1 .ec }}{{ kindOf . }} {{ typeOf . }} {{ eq . . }} {{ empty . }}"
       "{{ end }}",
       "struct sprig.certificate true false"},
      {"{{ printf `%.5s` (genCAWithKey `x` 1 .ec) }}", "{----- -----}"},
      {"{{ $c := genCAWithKey `x` 1 .ec }}{{ with buildCustomCert (b64enc $c.Cert) (b64enc $c.Key) "
       "}}{{ eq . $c }}{{ end }}",
       "true"},
      {"{{ (genCAWithKey `x` 1 .ec).Nope }}", "error: can't evaluate field Nope"},
      {"{{ genCAWithKey `x` 1 .dsa }}", "error: x509: unsupported public key type: *dsa.PublicKey"},
      {"{{ genCAWithKey `x` 1 `no pem` }}", "error: no PEM data in input"},
      {"{{ genCAWithKey `x` 1 (genCAWithKey `x` 1 .ec).Cert }}",
       "error: no private key data in PEM block of type CERTIFICATE"},
      {"{{ genCAWithKey `x` 10000000 .ec }}", "error: cannot represent time as GeneralizedTime"},
      {"{{ $a := genCAWithKey `a` 1 .ec }}{{ $b := genCAWithKey `b` 1 .ed }}"
       "{{ $mixed := buildCustomCert (b64enc $a.Cert) (b64enc $b.Key) }}"
       "{{ genSignedCertWithKey `c` nil nil 1 $mixed .ec }}",
       "error: x509: provided PrivateKey doesn't match parent's PublicKey"},
      {"{{ genSelfSignedCertWithKey `c` (list `bad`) nil 1 .ec }}", "error: error parsing ip: bad"},
      {"{{ genSelfSignedCertWithKey `c` (list 1) nil 1 .ec }}",
       "error: error parsing ip: a value is not a string"},
      {"{{ genSelfSignedCertWithKey `c` nil (list `é`) 1 .ec }}",
       "error: x509: \"é\" cannot be encoded as an IA5String"},
      {"{{ genSelfSignedCertWithKey `c` (splitList `,` `1.2.3.4`) nil 1 .ec }}",
       "error: wrong type for value; expected []interface {}"},
      {"{{ genSignedCert `c` nil nil 1 5 }}",
       "error: can't handle a constant for arg of type sprig.certificate"},
      {"{{ buildCustomCert `?` `?` }}", "error: unable to decode base64 certificate"},
      {"{{ buildCustomCert `aGk=` `aGk=` }}", "error: unable to decode certificate"},
      {"{{ range until 100 }}{{ $_ := genCA `x` 1 }}{{ end }}", "error: the template does too much work"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text, keys) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
