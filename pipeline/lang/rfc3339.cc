// How the fast path reads eight characters at once: they are loaded as one little-endian word and
// XORed with a picture of the expected form, "0000-00-". A digit becomes its value 0..9, a right
// separator becomes 0. Adding 0x76 to a byte sets its top bit if it was above 9, adding 0x7F if it
// was above 0, so one addition checks all eight. Neighbouring digits d, e then become d * 10 + e by
// multiplying the word by 10 and adding the word shifted by one byte; no byte overflows (9 * 10 +
// 9).
#include "pipeline/lang/rfc3339.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "config/ascii.h"
#include "pipeline/lang/civil.h"

namespace lokitail::pipeline::lang {

namespace {

constexpr size_t kSecondsEnd = 19;  // of 2006-01-02T15:04:05
constexpr size_t kShortest = kSecondsEnd + 1;

// The bytes in memory order from the least significant on.
template <typename Word>
Word load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    return sizeof(Word) == 8 ? static_cast<Word>(__builtin_bswap64(word))
                             : static_cast<Word>(__builtin_bswap32(static_cast<uint32_t>(word)));
  } else {
    return word;
  }
}

constexpr uint64_t word_of(std::string_view text) {
  uint64_t word = 0;
  for (size_t i = text.size(); i > 0; --i) word = word << 8 | static_cast<uint8_t>(text[i - 1]);
  return word;
}

// What to add for the check: see the top of the file. A '0' of the form stands for any digit.
constexpr uint64_t limits_of(std::string_view form) {
  uint64_t word = 0;
  for (size_t i = form.size(); i > 0; --i) word = word << 8 | (form[i - 1] == '0' ? 0x76U : 0x7FU);
  return word;
}

constexpr uint64_t kTopBits = 0x8080808080808080;

// Compares text with a form: zero if it has that form, and then `pairs` holds in each byte ten
// times the digit there plus the next one.
struct Form {
  constexpr explicit Form(std::string_view form) : zeros(word_of(form)), limits(limits_of(form)) {}

  template <typename Word>
  uint64_t mismatch(Word text, uint64_t& pairs) const {
    const uint64_t digits = uint64_t{text} ^ zeros;
    pairs = digits * 10 + (digits >> 8);
    return ((digits + limits) | digits) & kTopBits;
  }

  uint64_t zeros;
  uint64_t limits;
};

constexpr int byte_of(uint64_t word, int index) { return static_cast<int>(word >> (8 * index) & 0xFF); }

// One unsigned comparison for lowest <= value <= highest.
constexpr bool in_range(int value, int lowest, int highest) {
  return static_cast<unsigned>(value - lowest) <= static_cast<unsigned>(highest - lowest);
}

int64_t seconds_of(int year, int month, int day, int second_of_day) {
  return days_from_date(year, month, day) * kSecondsPerDay + second_of_day;
}

constexpr std::array<int32_t, 10> kScale = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                            10'000,        1'000,       100,        10,        1};

// Reads the digits at `text[at]` as a fraction of a second. REQUIRES: at + 1 <= text.size(), and at
// least eight characters in text. Leaves `at` behind the digits; false if there are none.
bool read_fraction(std::string_view text, size_t& at, int32_t& nanoseconds) {
  // Near the end of the text the word is loaded further left and shifted; the zero bytes that come
  // in are no digits.
  const size_t last_start = text.size() - 8;
  const size_t start = at < last_start ? at : last_start;
  const uint64_t shift = 8 * (at - start);
  if (shift >= 64) return false;
  const uint64_t word = load<uint64_t>(text.data() + start) >> shift;
  uint64_t digits = word ^ 0x3030303030303030;
  const uint64_t others = ((digits + 0x7676767676767676) | digits) & kTopBits;
  const int count = others == 0 ? 8 : std::countr_zero(others) / 8;
  if (count == 0) return false;
  // Leading digits to the top bytes, zeros below: the number is right-aligned in eight digits.
  digits <<= 64 - 8 * count;
  // Eight digits to four pairs, two fours, one eight.
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
  digits = (digits * 10'000 + (digits >> 32)) & 0x00000000FFFFFFFF;
  nanoseconds = static_cast<int32_t>(digits) * kScale[static_cast<size_t>(count)];
  at += static_cast<size_t>(count);
  if (count < 8) return true;
  if (at < text.size() && is_digit(text[at])) nanoseconds += text[at++] - '0';
  while (at < text.size() && is_digit(text[at])) ++at;
  return true;
}

// Z or +07:00, up to the end of the text. Seconds east of UTC.
bool read_canonical_offset(std::string_view text, size_t at, int& offset) {
  if (text.size() - at == 1) {
    offset = 0;
    return text[at] == 'Z';
  }
  if (text.size() - at != 6) return false;
  static constexpr Form kForm("00:00");
  const char sign = text[at];
  const uint64_t word =
      uint64_t{load<uint32_t>(text.data() + at + 1)} | uint64_t{static_cast<uint8_t>(text[at + 5])} << 32;
  uint64_t pairs;
  if (kForm.mismatch(word, pairs) != 0 || (sign != '+' && sign != '-')) return false;
  const int hours = byte_of(pairs, 0);
  const int minutes = byte_of(pairs, 3);
  offset = hours * 3600 + minutes * 60;
  if (sign == '-') offset = -offset;
  return hours < 24 && minutes < 60;
}

bool parse_canonical(std::string_view text, Timestamp& out) {
  static constexpr Form kDate("0000-00-");
  static constexpr Form kHours("00T00:00");
  static constexpr Form kSeconds("0:00");
  if (text.size() < kShortest) return false;
  uint64_t date;
  uint64_t hours;
  uint64_t seconds;
  const uint64_t mismatch = kDate.mismatch(load<uint64_t>(text.data()), date) |
                            kHours.mismatch(load<uint64_t>(text.data() + 8), hours) |
                            kSeconds.mismatch(load<uint32_t>(text.data() + 15), seconds);
  if (mismatch != 0) return false;
  const int year = byte_of(date, 0) * 100 + byte_of(date, 2);
  const int month = byte_of(date, 5);
  const int day = byte_of(hours, 0);
  const int hour = byte_of(hours, 3);
  const int minute = byte_of(hours, 6);
  const int second = byte_of(seconds, 2);
  if (!in_range(month, 1, 12) || hour > 23 || minute > 59 || second > 59) return false;
  if (day < 1 || (day > 28 && day > days_in_month(year, month))) return false;

  size_t at = kSecondsEnd;
  int32_t nanoseconds = 0;
  if (text[at] == '.' && !read_fraction(text, ++at, nanoseconds)) return false;
  int offset;
  if (at >= text.size() || !read_canonical_offset(text, at, offset)) return false;
  const int second_of_day = hour * 3600 + minute * 60 + second;
  out = {seconds_of(year, month, day, second_of_day - offset), nanoseconds};
  return true;
}

// A position in the text that only moves over what was asked for.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // One of two characters; '\0' for neither.
  char take_either(char one, char other) { return take(one) ? one : take(other) ? other : '\0'; }

  std::optional<int> number(size_t digits, int lowest, int highest) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return in_range(value, lowest, highest) ? std::optional(value) : std::nullopt;
  }
  std::optional<int> one_or_two_digits(int lowest, int highest) {
    const bool two = rest_.size() >= 2 && is_digit(rest_[1]);
    return number(two ? 2 : 1, lowest, highest);
  }
  std::optional<int32_t> fraction() {
    if (rest_.empty() || !is_digit(rest_.front())) return std::nullopt;
    int32_t value = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
      if (digits < 9) value = value * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    return value * kScale[digits < 9 ? digits : 9];
  }

 private:
  std::string_view rest_;
};

std::optional<int> slow_offset(Reader& reader) {
  if (reader.take('Z')) return 0;
  const char sign = reader.take_either('+', '-');
  if (sign == '\0') return std::nullopt;
  const auto hours = reader.number(2, 0, 24);
  if (!hours || !reader.take(':')) return std::nullopt;
  const auto minutes = reader.number(2, 0, 60);
  if (!minutes) return std::nullopt;
  const int offset = *hours * 3600 + *minutes * 60;
  return sign == '-' ? -offset : offset;
}

}  // namespace

bool parse_rfc3339_slowly(std::string_view text, Timestamp& out) {
  Reader reader(text);
  const auto year = reader.number(4, 0, 9999);
  if (!year || !reader.take('-')) return false;
  const auto month = reader.number(2, 1, 12);
  if (!month || !reader.take('-')) return false;
  const auto day = reader.number(2, 1, days_in_month(*year, *month));
  if (!day || !reader.take('T')) return false;
  const auto hour = reader.one_or_two_digits(0, 23);
  if (!hour || !reader.take(':')) return false;
  const auto minute = reader.number(2, 0, 59);
  if (!minute || !reader.take(':')) return false;
  const auto second = reader.number(2, 0, 59);
  if (!second) return false;
  int32_t nanoseconds = 0;
  if (reader.take_either('.', ',') != '\0') {
    const auto fraction = reader.fraction();
    if (!fraction) return false;
    nanoseconds = *fraction;
  }
  const auto offset = slow_offset(reader);
  if (!offset || !reader.at_end()) return false;
  const int second_of_day = *hour * 3600 + *minute * 60 + *second;
  out = {seconds_of(*year, *month, *day, second_of_day - *offset), nanoseconds};
  return true;
}

bool parse_rfc3339(std::string_view text, Timestamp& out) {
  return parse_canonical(text, out) || parse_rfc3339_slowly(text, out);
}

}  // namespace lokitail::pipeline::lang
