// Which of sixteen bytes are of interest, as sixteen bits: how the JSON reader and printer go
// through text quickly. SSE2 is part of every x86-64; elsewhere eight bytes are done at a time.
//
// All functions REQUIRE 16 readable bytes. Bit 0 stands for the first byte.
//
// Threads: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lokitail::pipeline::lang::json_block {

inline constexpr std::size_t kBytes = 16;

#if defined(__SSE2__)

class Bytes {
 public:
  explicit Bytes(const char* at) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

  // Bytes equal to `c`.
  std::uint32_t equal(char c) const { return bits(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  // Bytes equal to either.
  std::uint32_t equal(char a, char b) const {
    return bits(
        _mm_or_si128(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(a)), _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(b))));
  }
  // Bytes that end a plain run of string text: quotes, backslashes and control characters.
  std::uint32_t string_ends() const {
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1F)), bytes_);
    const __m128i quotes = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('\\'));
    return bits(_mm_or_si128(controls, _mm_or_si128(quotes, backslashes)));
  }

 private:
  static std::uint32_t bits(__m128i mask) { return static_cast<std::uint32_t>(_mm_movemask_epi8(mask)); }
  __m128i bytes_;
};

#else

static_assert(std::endian::native == std::endian::little);

class Bytes {
 public:
  explicit Bytes(const char* at) { std::memcpy(halves_, at, sizeof halves_); }

  std::uint32_t equal(char c) const {
    return each([c](std::uint64_t half) { return zero_bytes(half ^ repeat(c)); });
  }
  std::uint32_t equal(char a, char b) const { return equal(a) | equal(b); }
  std::uint32_t string_ends() const {
    const auto controls = [](std::uint64_t half) { return zero_bytes(half & repeat('\xE0')); };
    return equal('"', '\\') | each(controls);
  }

 private:
  static constexpr std::uint64_t repeat(char c) { return 0x0101010101010101 * static_cast<unsigned char>(c); }
  // The top bit of each byte that is zero, exactly.
  static constexpr std::uint64_t zero_bytes(std::uint64_t x) {
    constexpr std::uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
    return ~(((x & kLow) + kLow) | x | kLow);
  }
  template <typename TopBits>
  std::uint32_t each(TopBits top_bits) const {
    const auto gather = [](std::uint64_t tops) {
      return static_cast<std::uint32_t>(((tops >> 7) * 0x0102040810204080) >> 56);
    };
    return gather(top_bits(halves_[0])) | gather(top_bits(halves_[1])) << 8;
  }
  std::uint64_t halves_[2];
};

#endif

}  // namespace lokitail::pipeline::lang::json_block
