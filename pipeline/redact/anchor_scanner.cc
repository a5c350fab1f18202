#include "pipeline/redact/anchor_scanner.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
#include <limits>
#include <numeric>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "pipeline/arena.h"

namespace lokitail::pipeline::redact {
namespace {

using ByteSet = std::bitset<256>;

ByteSet only(char c) { return ByteSet().set(static_cast<unsigned char>(c)); }

// Takes one literal character off the front, escaped or not.
char take_character(std::string_view& text) {
  if (text.starts_with('\\')) text.remove_prefix(1);
  const char c = text.front();
  text.remove_prefix(1);
  return c;
}

// What stands between brackets, the first of which is gone already.
ByteSet take_class(std::string_view& text) {
  ByteSet set;
  while (!text.starts_with(']')) {
    const auto first = static_cast<unsigned char>(take_character(text));
    auto last = first;
    if (text.starts_with('-') && text[1] != ']') {
      text.remove_prefix(1);
      last = static_cast<unsigned char>(take_character(text));
    }
    for (unsigned c = first; c <= last; ++c) set.set(c);
  }
  text.remove_prefix(1);
  return set;
}

std::size_t take_count(std::string_view& text) {
  if (!text.starts_with('{')) return 1;
  std::size_t count = 1;
  std::from_chars(text.data() + 1, text.data() + text.size(), count);
  text.remove_prefix(text.find('}') + 1);
  return count;
}

// About how often a byte stands in a log, in a thousand. It only has to tell rare from frequent.
double frequency(std::size_t byte) {
  constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkxjqz";
  const char c = static_cast<char>(byte);
  if (c >= '0' && c <= '9') return 20;
  if (const auto rank = kLetters.find(c); rank != std::string_view::npos) {
    return 55 - 2.0 * static_cast<double>(rank);
  }
  if (c == ' ' || c == '"') return 60;
  if (c == ':' || c == ',' || c == '_' || c == '-' || c == '/' || c == '.' || c == '=') return 20;
  if (c >= 'A' && c <= 'Z') return 3;
  return byte < 0x80 ? 1 : 0.2;
}

// What one bucket lets through at each byte that is looked up.
struct Bucket {
  std::array<ByteSet, AnchorScanner::kLookedUp.size()> sets;
  bool empty = true;

  Bucket with(const Bucket& other) const {
    Bucket both = *this;
    for (std::size_t i = 0; i < sets.size(); ++i) both.sets[i] |= other.sets[i];
    both.empty = false;
    return both;
  }

  // How many of a million positions it lets through.
  double cost() const {
    if (empty) return 0;
    static const auto kFrequencies = [] {
      std::array<double, 256> all;
      for (std::size_t byte = 0; byte < all.size(); ++byte) all[byte] = frequency(byte);
      const double sum = std::accumulate(all.begin(), all.end(), 0.0);
      for (double& each : all) each /= sum;
      return all;
    }();
    double share = 1e6;
    for (const ByteSet& set : sets) {
      double here = 0;
      for (std::size_t byte = 0; byte < set.size(); ++byte) here += set[byte] ? kFrequencies[byte] : 0;
      share *= here;
    }
    return share;
  }
};

// In which buckets an anchor may be that stands at `here`, as bits.
unsigned buckets_at(const AnchorScanner::Tables& tables, const char* here) {
  unsigned buckets = 0xFF;
  for (std::size_t i = 0; i < AnchorScanner::kLookedUp.size() && buckets != 0; ++i) {
    buckets &= tables.whole[i][static_cast<unsigned char>(here[AnchorScanner::kLookedUp[i]])];
  }
  return buckets;
}

std::size_t collect_any(const AnchorScanner::Tables& tables, std::string_view text, std::size_t& from,
                        AnchorScanner::Positions& positions) {
  std::size_t count = 0;
  for (; from < text.size() && count < positions.size(); ++from) {
    if (buckets_at(tables, text.data() + from) != 0) positions[count++] = from;
  }
  return count;
}

#if defined(__x86_64__)

// Takes over the positions from `from` on that `found` has bits of, as far as they are in the text. Tables of halves of
// bytes let through more than those of whole ones: what is left is looked up in these.
void take_over(std::uint32_t found, const AnchorScanner::Tables& tables, std::string_view text,
               std::size_t from, AnchorScanner::Positions& positions, std::size_t& count) {
  const std::size_t left = text.size() - from;
  for (; found != 0; found &= found - 1) {
    const auto offset = static_cast<std::size_t>(std::countr_zero(found));
    if (offset >= left) return;
    if (buckets_at(tables, text.data() + from + offset) != 0) positions[count++] = from + offset;
  }
}

LOKITAIL_CODE_FOR_V2
namespace v2 {

inline __m128i load(const void* bytes) { return _mm_loadu_si128(static_cast<const __m128i*>(bytes)); }

std::size_t collect(const AnchorScanner::Tables& tables, std::string_view text, std::size_t& from,
                    AnchorScanner::Positions& positions) {
  constexpr std::size_t kBytes = AnchorScanner::kLookedUp.size();
  constexpr std::size_t kStep = sizeof(__m128i);
  __m128i low[kBytes];
  __m128i high[kBytes];
  for (std::size_t i = 0; i < kBytes; ++i) {
    low[i] = load(tables.low[i].data());
    high[i] = load(tables.high[i].data());
  }
  const __m128i half = _mm_set1_epi8(0x0F);
  std::size_t count = 0;
  for (; from < text.size() && count + kStep <= positions.size(); from += kStep) {
    __m128i buckets = _mm_set1_epi8(-1);
    for (std::size_t i = 0; i < kBytes; ++i) {
      const __m128i bytes = load(text.data() + from + AnchorScanner::kLookedUp[i]);
      const __m128i by_low = _mm_shuffle_epi8(low[i], _mm_and_si128(bytes, half));
      const __m128i by_high = _mm_shuffle_epi8(high[i], _mm_and_si128(_mm_srli_epi16(bytes, 4), half));
      buckets = _mm_and_si128(buckets, _mm_and_si128(by_low, by_high));
    }
    const __m128i none = _mm_cmpeq_epi8(buckets, _mm_setzero_si128());
    const std::uint32_t found = ~static_cast<std::uint32_t>(_mm_movemask_epi8(none)) & 0xFFFFU;
    if (found != 0) take_over(found, tables, text, from, positions, count);
  }
  return count;
}

}  // namespace v2
LOKITAIL_CODE_END

LOKITAIL_CODE_FOR_V3
namespace v3 {

inline __m256i load(const void* bytes) { return _mm256_loadu_si256(static_cast<const __m256i*>(bytes)); }
inline __m256i load_twice(const void* bytes) { return _mm256_broadcastsi128_si256(v2::load(bytes)); }

std::size_t collect(const AnchorScanner::Tables& tables, std::string_view text, std::size_t& from,
                    AnchorScanner::Positions& positions) {
  constexpr std::size_t kBytes = AnchorScanner::kLookedUp.size();
  constexpr std::size_t kStep = sizeof(__m256i);
  static_assert(AnchorScanner::kLookedUp.back() + kStep <= kTextPadding);
  __m256i low[kBytes];
  __m256i high[kBytes];
  for (std::size_t i = 0; i < kBytes; ++i) {
    low[i] = load_twice(tables.low[i].data());
    high[i] = load_twice(tables.high[i].data());
  }
  const __m256i half = _mm256_set1_epi8(0x0F);
  std::size_t count = 0;
  for (; from < text.size() && count + kStep <= positions.size(); from += kStep) {
    __m256i buckets = _mm256_set1_epi8(-1);
    for (std::size_t i = 0; i < kBytes; ++i) {
      const __m256i bytes = load(text.data() + from + AnchorScanner::kLookedUp[i]);
      const __m256i by_low = _mm256_shuffle_epi8(low[i], _mm256_and_si256(bytes, half));
      const __m256i by_high =
          _mm256_shuffle_epi8(high[i], _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
      buckets = _mm256_and_si256(buckets, _mm256_and_si256(by_low, by_high));
    }
    const __m256i none = _mm256_cmpeq_epi8(buckets, _mm256_setzero_si256());
    const std::uint32_t found = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(none));
    if (found != 0) take_over(found, tables, text, from, positions, count);
  }
  return count;
}

}  // namespace v3
LOKITAIL_CODE_END

#endif

AnchorScanner::Collect collect_for([[maybe_unused]] Processor processor) {
#if defined(__x86_64__)
  if (processor >= Processor::kV3) return v3::collect;
  if (processor >= Processor::kV2) return v2::collect;
#endif
  return collect_any;
}

}  // namespace

void Anchor::add(const ByteSet& set, LetterCase letter_case) {
  if (sets_.size() == kMostBytes) return;
  ByteSet both = set;
  for (unsigned c = 'a'; letter_case == LetterCase::kAny && c <= 'z'; ++c) {
    const unsigned upper = c - 'a' + 'A';
    both[c] = both[upper] = set[c] || set[upper];
  }
  sets_.push_back(both);
}

Anchor Anchor::parse(std::string_view expression, LetterCase letter_case) {
  Anchor anchor;
  while (!expression.empty()) {
    ByteSet set;
    if (expression.starts_with('[')) {
      expression.remove_prefix(1);
      set = take_class(expression);
    } else {
      set = only(take_character(expression));
    }
    for (std::size_t count = take_count(expression); count > 0; --count) anchor.add(set, letter_case);
  }
  return anchor;
}

Anchor Anchor::literal(std::string_view text, LetterCase letter_case) {
  Anchor anchor;
  for (const char c : text) anchor.add(only(c), letter_case);
  return anchor;
}

std::uint16_t AnchorScanner::intern(const ByteSet& set) {
  const auto index = std::ranges::find(sets_, set) - sets_.begin();
  if (index == std::ssize(sets_)) sets_.push_back(set);
  return static_cast<std::uint16_t>(index);
}

void AnchorScanner::add(const Anchor& anchor, Id id) {
  Compiled compiled{{}, static_cast<std::uint8_t>(anchor.size()), id};
  for (std::size_t i = 0; i < anchor.size(); ++i) compiled.sets[i] = intern(anchor[i]);
  anchors_.push_back(compiled);
}

void AnchorScanner::compile(Processor processor) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t i = 0; i < anchors_.size(); ++i) {
      if (sets_[anchors_[i].sets[0]][byte]) by_first_.push_back(static_cast<std::uint16_t>(i));
    }
    starts_[byte + 1] = by_first_.size();
  }
  // Each anchor comes into the bucket that lets through the fewest more with it.
  std::array<Bucket, kBuckets> buckets;
  for (const Compiled& anchor : anchors_) {
    Bucket alone;
    for (std::size_t i = 0; i < kLookedUp.size(); ++i) {
      alone.sets[i] = kLookedUp[i] < anchor.size ? sets_[anchor.sets[kLookedUp[i]]] : ByteSet().set();
    }
    alone.empty = false;
    Bucket* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (Bucket& bucket : buckets) {
      const double more = bucket.with(alone).cost() - bucket.cost();
      if (more >= least) continue;
      least = more;
      best = &bucket;
    }
    *best = best->with(alone);
  }
  for (std::size_t b = 0; b < kBuckets; ++b) {
    if (buckets[b].empty) continue;
    for (std::size_t i = 0; i < kLookedUp.size(); ++i) {
      for (std::size_t byte = 0; byte < 256; ++byte) {
        if (!buckets[b].sets[i][byte]) continue;
        tables_.whole[i][byte] |= static_cast<std::uint8_t>(1U << b);
        tables_.low[i][byte % 16] |= static_cast<std::uint8_t>(1U << b);
        tables_.high[i][byte / 16] |= static_cast<std::uint8_t>(1U << b);
      }
    }
  }
  collect_ = collect_for(processor);
}

}  // namespace lokitail::pipeline::redact
