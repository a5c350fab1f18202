// Hashes of passwords, passwords derived from a master password, and AES.
#include <crypt.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>

#include "pipeline/lang/go_template/encoding.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// Some 50 and 200 milliseconds, in units of Context::spend().
constexpr std::size_t kWorkOfBcrypt = kMaxWork / 20;
constexpr std::size_t kWorkOfScrypt = kMaxWork / 5;

using Bytes = std::span<const unsigned char>;

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string_view text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// bcrypt with a cost of 10, as golang.org/x/crypto has it by default. What is wrong is told in the
// text.
std::string_view bcrypt_hash(Context& context, std::string_view password) {
  constexpr std::size_t kLongest = 72;
  constexpr unsigned long kCost = 10;
  if (password.size() > kLongest) {
    return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
  }
  if (password.find('\0') != std::string_view::npos) {
    context.fail("bcrypt: a password may not have a zero byte in it");  // the library would cut it
    return {};
  }
  if (!context.spend(kWorkOfBcrypt)) return {};
  std::array<char, 16> salt{};
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const auto state = std::make_unique<crypt_data>();
  const bool ready =
      RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), salt.size()) == 1 &&
      crypt_gensalt_rn("$2a$", kCost, salt.data(), salt.size(), setting.data(), setting.size()) != nullptr;
  const char* const hash =
      ready ? crypt_rn(std::string(password).c_str(), setting.data(), state.get(), sizeof *state) : nullptr;
  if (hash == nullptr) {
    context.fail("bcrypt is not available");
    return {};
  }
  return context.copy(hash);
}

Value bcrypt(const Call& call) { return Value::string(bcrypt_hash(call.context, call.string(0))); }

Value htpasswd(const Call& call) {
  Text out(call.context);
  if (call.string(0).find(':') != std::string_view::npos) {
    return ((out += "invalid username: ") += call.string(0)).value();
  }
  ((out += call.string(0)) += ':') += bcrypt_hash(call.context, call.string(1));
  return out.value();
}

// The kinds of passwords, and the templates of each: a letter stands for a class of characters.
struct PasswordKind {
  std::string_view name;
  std::string_view templates;  // separated by spaces
};
constexpr PasswordKind kPasswordKinds[] = {
    {"maximum", "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno"},
    {"long",
     "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno "
     "CvcvnoCvccCvcv CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno "
     "CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno "
     "CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno"},
    {"medium", "CvcnoCvc CvcCvcno"},
    {"short", "Cvcn"},
    {"basic", "aaanaaan aannaaan aaannaaa"},
    {"pin", "nnnn"},
};

std::string_view characters_of(char letter) {
  switch (letter) {
    case 'V':
      return "AEIOU";
    case 'C':
      return "BCDFGHJKLMNPQRSTVWXYZ";
    case 'v':
      return "aeiou";
    case 'c':
      return "bcdfghjklmnpqrstvwxyz";
    case 'n':
      return "0123456789";
    case 'o':
      return "@&%?,=[]_:-+*$#!'^~;()/.";
    case 'a':
      return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    default:
      return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
  }
}

// The `number`-th of them, counted round and round.
std::string_view choose_template(std::string_view templates, std::size_t number) {
  const auto count = static_cast<std::size_t>(std::ranges::count(templates, ' ')) + 1;
  for (number %= count; number > 0; --number) templates.remove_prefix(templates.find(' ') + 1);
  return templates.substr(0, templates.find(' '));
}

void append_big_endian(std::string& out, std::uint64_t number) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift & 0xFF);
}

// The master password algorithm, version 3: https://masterpasswordapp.com/algorithm.html
// derivePassword counter kind password user site
Value derive_password(const Call& call) {
  constexpr std::string_view kScope = "com.lyndir.masterpassword";
  constexpr std::uint64_t kCost = 32768;
  constexpr std::uint64_t kBlocks = 8;
  constexpr std::uint64_t kParallel = 2;
  constexpr std::uint64_t kMostMemory = 64 << 20;
  const auto kind = std::ranges::find(kPasswordKinds, call.string(1), &PasswordKind::name);
  if (kind == std::end(kPasswordKinds)) {
    return call.context.text("cannot find password template " + std::string(call.string(1)));
  }
  if (!call.context.spend(kWorkOfScrypt)) return {};
  std::string salt(kScope);
  append_big_endian(salt, call.string(3).size());
  salt += call.string(3);
  std::array<unsigned char, 64> key{};
  std::string message(kScope);
  append_big_endian(message, call.string(4).size());
  message += call.string(4);
  append_big_endian(message, call[0].as_unsigned());
  std::array<unsigned char, EVP_MAX_MD_SIZE> seed{};
  const bool derived =
      EVP_PBE_scrypt(call.string(2).data(), call.string(2).size(), bytes(salt).data(), salt.size(), kCost,
                     kBlocks, kParallel, kMostMemory, key.data(), key.size()) == 1 &&
      HMAC(EVP_sha256(), key.data(), key.size(), bytes(message).data(), message.size(), seed.data(),
           nullptr) != nullptr;
  if (!derived) return call.context.fail("failed to derive password");
  Text out(call.context);
  std::size_t at = 0;
  for (const char letter : choose_template(kind->templates, seed[0])) {
    const std::string_view characters = characters_of(letter);
    out += characters[seed[++at] % characters.size()];
  }
  return out.value();
}

// AES-256 in CBC mode. The key is the password, cut or filled up with zeros.
constexpr std::size_t kBlock = 16;

bool run_aes(bool encrypt, std::string_view password, const unsigned char* iv, Bytes in,
             std::span<unsigned char> out) {
  std::array<unsigned char, 32> key{};
  std::ranges::copy(bytes(password.substr(0, key.size())), key.begin());
  struct Free {
    void operator()(EVP_CIPHER_CTX* state) const { EVP_CIPHER_CTX_free(state); }
  };
  const std::unique_ptr<EVP_CIPHER_CTX, Free> state(EVP_CIPHER_CTX_new());
  int size = 0;
  return state != nullptr &&
         EVP_CipherInit_ex(state.get(), EVP_aes_256_cbc(), nullptr, key.data(), iv, encrypt ? 1 : 0) == 1 &&
         EVP_CIPHER_CTX_set_padding(state.get(), 0) == 1 &&
         EVP_CipherUpdate(state.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) == 1;
}

// The initialization vector and the encrypted blocks, in base64.
Value encrypt_aes(const Call& call) {
  const std::string_view plain = call.string(1);
  if (plain.empty()) return Value::string("");
  const std::size_t padding = kBlock - plain.size() % kBlock;
  const auto padded = call.context.allocate<unsigned char>(plain.size() + padding);
  const auto encrypted = call.context.allocate<unsigned char>(kBlock + padded.size());
  if (call.context.failed()) return {};
  std::ranges::copy(bytes(plain), padded.begin());
  std::ranges::fill(padded.subspan(plain.size()), static_cast<unsigned char>(padding));
  if (RAND_bytes(encrypted.data(), kBlock) != 1 ||
      !run_aes(true, call.string(0), encrypted.data(), padded, encrypted.subspan(kBlock))) {
    return call.context.fail("encryptAES failed");
  }
  return encode_base64(call.context, text(encrypted));
}

Value decrypt_aes(const Call& call) {
  if (call.string(1).empty()) return Value::string("");
  const auto decoded = decode_base64(call.context, call.string(1));
  if (!decoded) return call.context.fail("illegal base64 data");
  if (decoded->size() < 2 * kBlock || decoded->size() % kBlock != 0) {
    return call.context.fail("decryptAES: input not full blocks");
  }
  const Bytes encrypted = bytes(*decoded);
  const auto plain = call.context.allocate<unsigned char>(encrypted.size() - kBlock);
  if (call.context.failed()) return {};
  if (!run_aes(false, call.string(0), encrypted.data(), encrypted.subspan(kBlock), plain)) {
    return call.context.fail("decryptAES failed");
  }
  const std::size_t padding = plain.back();
  if (padding > plain.size()) return call.context.fail("decryptAES: bad padding");
  return Value::string(text(plain.first(plain.size() - padding)));
}

constexpr Function kPasswordFunctions[] = {
    {"bcrypt", "string", bcrypt},
    {"htpasswd", "string string", htpasswd},
    {"derivePassword", "uint32 string string string string", derive_password},
    {"encryptAES", "string string", encrypt_aes},
    {"decryptAES", "string string", decrypt_aes},
};

}  // namespace

std::span<const Function> password_functions() { return kPasswordFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
