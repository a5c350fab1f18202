// Which of sixty-four bytes are of interest, as sixty-four bits: how the JSON reader goes through text quickly.
//
//   Block::string_ends(at)            those that end a plain run of string text: quotes, backslashes, control characters
//   Block::quotes_and_backslashes(at)
//   Block::marks(at)              the same, each for themselves
//
// REQUIRE 64 readable bytes. Bit 0 stands for the first byte. There is a Block for any processor (SSE2 is part of every
// x86-64; elsewhere eight bytes are done at a time), and for those with wider registers (pipeline/processor.h).
//
// Threads: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "pipeline/processor.h"

namespace lokitail::pipeline::lang::json_block {

struct Marks {
  std::uint64_t quotes;
  std::uint64_t backslashes;
};

#if defined(__SSE2__)

// Sixteen of the bytes.
class Bytes {
 public:
  explicit Bytes(const char* at) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

  std::uint32_t equal(char c) const { return bits(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  std::uint32_t quotes_and_backslashes() const {
    const __m128i quotes = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('"'));
    return bits(_mm_or_si128(quotes, _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('\\'))));
  }
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
  std::uint32_t quotes_and_backslashes() const { return equal('"') | equal('\\'); }
  std::uint32_t string_ends() const {
    const auto controls = [](std::uint64_t half) { return zero_bytes(half & repeat('\xE0')); };
    return quotes_and_backslashes() | each(controls);
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

namespace any {

class Block {
 public:
  static std::uint64_t string_ends(const char* at) {
    return join(at, [](Bytes bytes) { return bytes.string_ends(); });
  }
  static std::uint64_t quotes_and_backslashes(const char* at) {
    return join(at, [](Bytes bytes) { return bytes.quotes_and_backslashes(); });
  }
  static Marks marks(const char* at) {
    return {join(at, [](Bytes bytes) { return bytes.equal('"'); }),
            join(at, [](Bytes bytes) { return bytes.equal('\\'); })};
  }

 private:
  template <typename Bits>
  static std::uint64_t join(const char* at, Bits bits) {
    const auto part = [&](std::size_t i) -> std::uint64_t { return bits(Bytes(at + i * 16)); };
    return part(0) | part(1) << 16 | part(2) << 32 | part(3) << 48;
  }
};

}  // namespace any

#if defined(__x86_64__)

LOKITAIL_CODE_FOR_V3
namespace v3 {

class Block {
 public:
  static std::uint64_t string_ends(const char* at) {
    return string_ends(load(at)) | std::uint64_t{string_ends(load(at + 32))} << 32;
  }
  static std::uint64_t quotes_and_backslashes(const char* at) {
    return bits(either(load(at))) | std::uint64_t{bits(either(load(at + 32)))} << 32;
  }
  static Marks marks(const char* at) { return {equal(at, '"'), equal(at, '\\')}; }

 private:
  static __m256i load(const char* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
  static std::uint64_t equal(const char* at, char c) {
    const __m256i wanted = _mm256_set1_epi8(c);
    return bits(_mm256_cmpeq_epi8(load(at), wanted)) |
           std::uint64_t{bits(_mm256_cmpeq_epi8(load(at + 32), wanted))} << 32;
  }
  static std::uint32_t bits(__m256i mask) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(mask)); }
  static __m256i either(__m256i bytes) {
    const __m256i quotes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    return _mm256_or_si256(quotes, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')));
  }
  static std::uint32_t string_ends(__m256i bytes) {
    const __m256i controls = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)), bytes);
    return bits(_mm256_or_si256(controls, either(bytes)));
  }
};

}  // namespace v3
LOKITAIL_CODE_END

LOKITAIL_CODE_FOR_V4
namespace v4 {

class Block {
 public:
  static std::uint64_t string_ends(const char* at) {
    const __m512i bytes = _mm512_loadu_si512(at);
    return either(bytes) | _mm512_cmple_epu8_mask(bytes, _mm512_set1_epi8(0x1F));
  }
  static std::uint64_t quotes_and_backslashes(const char* at) { return either(_mm512_loadu_si512(at)); }
  static Marks marks(const char* at) {
    const __m512i bytes = _mm512_loadu_si512(at);
    return {_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')),
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'))};
  }

 private:
  static std::uint64_t either(__m512i bytes) {
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')) |
           _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'));
  }
};

}  // namespace v4
LOKITAIL_CODE_END

#endif

}  // namespace lokitail::pipeline::lang::json_block
