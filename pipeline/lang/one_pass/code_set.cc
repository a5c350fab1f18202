#include "pipeline/lang/one_pass/code_set.h"

#include <algorithm>

namespace lokitail::pipeline::lang::one_pass {
namespace {

ByteRanges encode(char32_t code) {
  const auto byte = [](char32_t bits) {
    return ByteRange{static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits)};
  };
  const auto tail = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), tail(6), tail(0)};
  return {byte(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

// Cuts a range until each byte of its characters runs through a range of its own.
void split(char32_t first, char32_t last, std::vector<ByteRanges>& out) {
  for (const char32_t longest : {0x7FU, 0x7FFU, 0xFFFFU}) {
    if (first <= longest && longest < last) {
      split(first, longest, out);
      return split(longest + 1, last, out);
    }
  }
  for (int tails = 1; last >= 0x80 && tails < 4; ++tails) {
    const char32_t mask = (char32_t{1} << (6 * tails)) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      split(first, first | mask, out);
      return split((first | mask) + 1, last, out);
    }
    if ((last & mask) != mask) {
      split(first, (last & ~mask) - 1, out);
      return split(last & ~mask, last, out);
    }
  }
  ByteRanges bytes = encode(first);
  const ByteRanges end = encode(last);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i].last = end[i].first;
  out.push_back(std::move(bytes));
}

}  // namespace

void CodeSet::add(Range range) {
  std::vector<Range> joined;
  for (const Range& old : ranges_) {
    if (old.last + 1 < range.first || range.last + 1 < old.first) {
      joined.push_back(old);
    } else {
      range = {std::min(range.first, old.first), std::max(range.last, old.last)};
    }
  }
  const auto behind =
      std::ranges::find_if(joined, [range](const Range& other) { return other.first > range.first; });
  joined.insert(behind, range);
  ranges_ = std::move(joined);
}

void CodeSet::add(const CodeSet& other) {
  for (const Range& range : other.ranges_) add(range);
}

void CodeSet::negate() {
  std::vector<Range> gaps;
  char32_t next = 0;
  for (const Range& range : ranges_) {
    if (next < range.first) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLargest) gaps.push_back({next, kLargest});
  ranges_ = std::move(gaps);
}

void CodeSet::fold() {
  constexpr char32_t kKelvin = 0x212A;
  constexpr char32_t kLongS = 0x17F;
  for (const Range& range : std::vector<Range>(ranges_)) {
    if (range.last >= 0x80) throw Beyond();
    for (char32_t code = range.first; code <= range.last; ++code) {
      const char32_t lower = code | 0x20;
      if (lower < 'a' || lower > 'z') continue;
      add(Range{code ^ 0x20, code ^ 0x20});
      if (lower == 'k') add(Range{kKelvin, kKelvin});
      if (lower == 's') add(Range{kLongS, kLongS});
    }
  }
}

std::vector<ByteRanges> utf8_sequences(CodeSet::Range range) {
  std::vector<ByteRanges> sequences;
  split(range.first, range.last, sequences);
  return sequences;
}

}  // namespace lokitail::pipeline::lang::one_pass
