// Finds the end of a run of bytes that are all of one set, sixteen at a time.
//
// Threads: immutable.
#pragma once

#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lokitail::pipeline::lang::one_pass {

class ByteRun {
 public:
  explicit ByteRun(const std::bitset<256>& bytes) : bytes_(bytes) {
#if defined(__SSE2__)
    // The set or what is not in it, whichever has fewer ranges.
    if (!describe(bytes, 0xFFFF)) describe(~bytes, 0);
#endif
  }

  // The first byte from `at` on that is not of the set, or `end`.
  const char* skip(const char* at, const char* end) const {
#if defined(__SSE2__)
    constexpr std::ptrdiff_t kBlock = 16;
    while (count_ > 0 && end - at >= kBlock) {
      if (const std::uint32_t others = others_in_block(at)) return at + std::countr_zero(others);
      at += kBlock;
    }
#endif
    while (at != end && bytes_[static_cast<unsigned char>(*at)]) ++at;
    return at;
  }

 private:
#if defined(__SSE2__)
  static constexpr std::size_t kMostRanges = 4;

  struct Range {
    explicit Range(std::size_t begin = 0, std::size_t last = 0)
        : first(_mm_set1_epi8(static_cast<char>(begin))),
          span(_mm_set1_epi8(static_cast<char>(last - begin))) {}
    __m128i contain(__m128i bytes) const {
      const __m128i offset = _mm_sub_epi8(bytes, first);
      return _mm_cmpeq_epi8(_mm_min_epu8(offset, span), offset);
    }
    __m128i first;
    __m128i span;
  };

  bool describe(const std::bitset<256>& bytes, std::uint32_t flip) {
    count_ = 0;
    flip_ = flip;
    for (std::size_t first = 0; first < bytes.size(); ++first) {
      if (!bytes[first]) continue;
      std::size_t last = first;
      while (last + 1 < bytes.size() && bytes[last + 1]) ++last;
      if (count_ == kMostRanges) {
        count_ = 0;
        return false;
      }
      ranges_[count_++] = Range(first, last);
      first = last;
    }
    return count_ > 0;
  }

  std::uint32_t others_in_block(const char* at) const {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i found = ranges_[0].contain(bytes);
    for (std::size_t i = 1; i < count_; ++i) {
      found = _mm_or_si128(found, ranges_[i].contain(bytes));
    }
    return static_cast<std::uint32_t>(_mm_movemask_epi8(found)) ^ flip_;
  }

  Range ranges_[kMostRanges];
  std::size_t count_ = 0;   // none: the set has too many
  std::uint32_t flip_ = 0;  // the bits of bytes within a range that are of the set
#endif
  std::bitset<256> bytes_;
};

}  // namespace lokitail::pipeline::lang::one_pass
