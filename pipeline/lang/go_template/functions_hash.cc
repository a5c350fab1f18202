// Digests, in hexadecimal.
#include <openssl/evp.h>

#include <array>

#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Algorithm = const EVP_MD* (*)();

// The digest of `first` followed by `second`.
Value digest(Context& context, Algorithm algorithm, std::string_view first, std::string_view second) {
  struct Free {
    void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> state(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  const bool done = state != nullptr && EVP_DigestInit_ex(state.get(), algorithm(), nullptr) == 1 &&
                    EVP_DigestUpdate(state.get(), first.data(), first.size()) == 1 &&
                    EVP_DigestUpdate(state.get(), second.data(), second.size()) == 1 &&
                    EVP_DigestFinal_ex(state.get(), bytes.data(), &size) == 1;
  if (!done) return context.fail("this hash function is not available");
  const std::span<char> text = context.allocate<char>(2 * std::size_t{size});
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  }
  return Value::string({text.data(), text.size()});
}

template <Algorithm algorithm>
Value salted(const Call& call) {
  return digest(call.context, algorithm, call.string(0), call.string(1));
}

template <Algorithm algorithm>
Value plain(const Call& call) {
  return digest(call.context, algorithm, call.string(0), {});
}

// Adler-32, as a decimal number. Source: RFC 1950.
Value adler32(const Call& call) {
  constexpr std::uint32_t kModulus = 65521;
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char c : call.string(0)) {
    low = (low + static_cast<unsigned char>(c)) % kModulus;
    high = (high + low) % kModulus;
  }
  NumberBuffer buffer;
  return call.context.text(format_uint(high << 16 | low, buffer));
}

constexpr Function kHashFunctions[] = {
    {"Hash", "string string", salted<EVP_sha3_256>}, {"Sha2Hash", "string string", salted<EVP_sha256>},
    {"sha1sum", "string", plain<EVP_sha1>},          {"sha256sum", "string", plain<EVP_sha256>},
    {"sha512sum", "string", plain<EVP_sha512>},      {"adler32sum", "string", adler32},
};

}  // namespace

std::span<const Function> hash_functions() { return kHashFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
