// A set of Unicode characters, and the bytes of which UTF-8 makes them.
//
// Threads: belongs to one compilation.
// Errors:  fold() throws Beyond.
// Source:  Unicode's UTF-8; RE2's rules for letters of either case.
#pragma once

#include <cstdint>
#include <exception>
#include <vector>

namespace lokitail::pipeline::lang::one_pass {

// Thrown, and caught, within a compilation: the pattern is one for RE2.
class Beyond : public std::exception {
 public:
  const char* what() const noexcept override { return "beyond one pass"; }
};

class CodeSet {
 public:
  static constexpr char32_t kLargest = 0x10FFFF;
  struct Range {
    char32_t first;
    char32_t last;
    bool operator==(const Range&) const = default;
  };

  CodeSet() = default;
  CodeSet(char32_t first, char32_t last) : ranges_{{first, last}} {}

  void add(Range range);
  void add(const CodeSet& other);
  void negate();
  // Adds each letter's other case. Throws Beyond for characters that are not ASCII.
  void fold();

  // In order, with gaps between them.
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

struct ByteRange {
  std::uint8_t first;
  std::uint8_t last;
};
// What one byte, and then the next, can be.
using ByteRanges = std::vector<ByteRange>;

// The characters of a range as sequences of bytes, each sequence of one length.
std::vector<ByteRanges> utf8_sequences(CodeSet::Range range);

}  // namespace lokitail::pipeline::lang::one_pass
