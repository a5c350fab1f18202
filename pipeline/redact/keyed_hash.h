// What a secret can be recognized by without being told: HMAC-SHA-256 under the user's salt,
// shortened.
//
// Threads: belongs to one pipeline. Errors: std::runtime_error where OpenSSL has no such function.
#pragma once

#include <array>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace lokitail::pipeline::redact {

class KeyedHash {
 public:
  // In hexadecimal: 64 bits, so that two secrets of a million get the same with a probability of
  // about one in 37 million.
  using Digits = std::array<char, 16>;

  explicit KeyedHash(std::string_view salt);
  KeyedHash(KeyedHash&&) noexcept;
  ~KeyedHash();

  Digits of(std::string_view secret);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace lokitail::pipeline::redact
