#include "pipeline/lang/json_token.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::json_token {
namespace {

constexpr char32_t kReplacement = Character::kReplacement;

bool is_surrogate(char32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

// Four hexadecimal digits; nullptr as everywhere here.
const char* read_hex(const char* at, const char* end, char32_t& code) {
  if (end - at < 4) return nullptr;
  code = 0;
  for (const char* const stop = at + 4; at < stop; ++at) {
    const char c = *at;
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      code = code * 16 + static_cast<char32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      code = code * 16 + static_cast<char32_t>(lower - 'a' + 10);
    } else {
      return nullptr;
    }
  }
  return at;
}

void append_utf8(char32_t code, char*& to) {
  const auto put = [&to](char32_t byte) { *to++ = static_cast<char>(byte); };
  if (is_surrogate(code)) code = kReplacement;
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

// Whether a number whose digits are [at, end) has its first digit that counts left of the point:
// tells an overflow from an underflow once a double is known not to hold it.
bool is_large(const char* at, const char* end) {
  std::int64_t exponent = 0;
  const char* const mark = std::find_if(at, end, [](char c) { return c == 'e' || c == 'E'; });
  if (mark != end) {
    const char* digits = mark + 1;
    const bool negative = *digits == '-';
    if (*digits == '-' || *digits == '+') ++digits;
    const auto error = std::from_chars(digits, end, exponent).ec;
    if (error == std::errc::result_out_of_range) {
      exponent = std::numeric_limits<std::int32_t>::max();
    }
    if (negative) exponent = -exponent;
  }
  const char* const point = std::find(at, mark, '.');
  const char* const first = std::find_if(at, mark, [](char c) { return c != '0' && c != '.'; });
  if (first == mark) return false;
  // Of the first digit that is not 0: 1 for units, 0 for tenths.
  const std::int64_t magnitude = first < point ? point - first : point + 1 - first;
  return magnitude + exponent > 0;
}

// What stands for an escape of two characters, by its second; 0 where there is none, or none yet
// (`u`).
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> escapes{};
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    escapes[static_cast<unsigned char>(kNames[i])] = kValues[i];
  }
  return escapes;
}();

// Reads `\uXXXX`, or two of them that make a surrogate pair, and writes the UTF-8 at `to`, moving
// it on. `at` is the backslash.
const char* read_unicode_escape(const char* at, const char* end, char*& to) {
  char32_t code = 0;
  at = read_hex(at + 2, end, code);
  if (at == nullptr) return nullptr;
  if (is_surrogate(code) && end - at >= 2 && at[0] == '\\' && at[1] == 'u') {
    // The second escape is taken with the first whether they make a pair or not.
    char32_t second = 0;
    at = read_hex(at + 2, end, second);
    if (at == nullptr) return nullptr;
    const bool pair = code < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF;
    if (pair) {
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    } else {
      append_utf8(code, to);
      code = second;
    }
  }
  append_utf8(code, to);
  return at;
}

std::uint64_t quotes_and_backslashes(const char* at) {
  return bits_of_64(at, [](json_block::Bytes bytes) { return bytes.equal('"', '\\'); });
}

// Copies in whole blocks, so it reads and writes up to a block too far.
char* copy_blocks(const char* from, const char* until, char* to) {
  char* const stop = to + (until - from);
  do {
    // The padding of a text in the arena may be where the copy goes: the two can overlap.
    char block[json_block::kBytes];
    std::memcpy(block, from, sizeof block);
    std::memcpy(to, block, sizeof block);
    to += json_block::kBytes;
    from += json_block::kBytes;
  } while (to < stop);
  return stop;
}

// Takes the rest of a string from its first backslash on and answers its closing quote. Writes the
// text at `to`, moving it on; REQUIRES room for the rest of the document and kTextPadding bytes.
//
// Log lines inside of log lines are full of escapes, so this is the hottest loop there is. The
// escapes of 64 bytes are found at once, as bits, and only then handled one by one: the next one's
// place is then known without waiting for the bytes of the one before.
const char* unescape(const char* at, const char* end, char*& to) {
  constexpr std::ptrdiff_t kSpan = 64;
  while (at < end) {
    std::uint64_t special = quotes_and_backslashes(at);
    const char* copied = at;  // everything before is written
    while (special != 0) {
      const char* const here = at + std::countr_zero(special);
      if (here >= end) return nullptr;
      to = copy_blocks(copied, here, to);
      if (*here == '"') return here;
      const char plain = kEscapes[static_cast<unsigned char>(here[1])];
      if (plain != 0) [[likely]] {
        *to++ = plain;
        copied = here + 2;
        const std::uint64_t lowest = special & (0 - special);
        special &= ~(lowest | lowest << 1);
        continue;
      }
      copied = here[1] == 'u' ? read_unicode_escape(here, end, to) : nullptr;
      if (copied == nullptr) return nullptr;
      const std::ptrdiff_t done = copied - at;
      special = done < kSpan ? special & (~std::uint64_t{0} << done) : 0;
    }
    if (copied < at + kSpan) {
      if (at + kSpan >= end) return nullptr;  // no closing quote is left
      to = copy_blocks(copied, at + kSpan, to);
      copied = at + kSpan;
    }
    at = copied;
  }
  return nullptr;
}

}  // namespace

const char* skip_escaped(const char* at, const char* end) {
  constexpr std::ptrdiff_t kSpan = 64;
  while (at < end) {
    std::uint64_t special = quotes_and_backslashes(at);
    const char* next = at + kSpan;
    while (special != 0) {
      const char* const here = at + std::countr_zero(special);
      if (here >= end) return nullptr;
      if (*here == '"') return here;
      const char* done = here + 2;
      if (kEscapes[static_cast<unsigned char>(here[1])] == 0) {
        char ignored[2 * 4];
        char* to = ignored;
        done = here[1] == 'u' ? read_unicode_escape(here, end, to) : nullptr;
        if (done == nullptr) return nullptr;
      }
      if (done - at >= kSpan) {
        next = done;
        break;
      }
      special &= ~std::uint64_t{0} << (done - at);
    }
    at = next;
  }
  return nullptr;
}

const char* read_escaped_string(const char* at, const char* stop, const char* end, Arena& arena,
                                std::string_view& text) {
  const std::size_t room = static_cast<std::size_t>(end - at) + kTextPadding;
  char* const begin = arena.allocate(room);
  char* to = copy_blocks(at, stop, begin);
  stop = unescape(stop, end, to);
  const auto size = static_cast<std::size_t>(to - begin);
  arena.shrink_last(room, size);
  text = {begin, size};
  return stop == nullptr ? nullptr : stop + 1;
}

const char* read_any_number(const char* at, const char* end, double* value) {
  const bool negative = *at == '-';
  const char* digits = at + negative;
  // json-iterator reads the number behind a minus with Go's ParseFloat, which takes a plus.
  const bool plus = negative && peek(digits, end) == '+';
  if (plus) ++digits;
  const char* now = digits;
  const auto take_digits = [&now, end] {
    const char* const begin = now;
    while (now < end && is_digit(*now)) ++now;
    return now - begin;
  };
  const std::ptrdiff_t whole = take_digits();
  if (!plus && (whole == 0 || (*digits == '0' && whole > 1))) return nullptr;
  std::ptrdiff_t fraction = 0;
  if (peek(now, end) == '.') {
    ++now;
    fraction = take_digits();
    if (fraction == 0) return nullptr;
  }
  if (whole + fraction == 0) return nullptr;
  if (const char c = peek(now, end); c == 'e' || c == 'E') {
    ++now;
    if (const char sign = peek(now, end); sign == '+' || sign == '-') ++now;
    if (take_digits() == 0) return nullptr;
  }
  if (is_number_character(peek(now, end))) return nullptr;
  double positive = 0;
  if (std::from_chars(digits, now, positive).ec != std::errc{}) {
    if (is_large(digits, now)) return nullptr;
    positive = 0;
  }
  if (value != nullptr) *value = negative ? -positive : positive;
  return now;
}

}  // namespace lokitail::pipeline::lang::json_token
