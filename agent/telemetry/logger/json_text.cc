#include "agent/telemetry/logger/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace lokitail::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// ASCII that stands as it is.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

// The high bit of each byte that is zero; of those above the first such, perhaps also of a one.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

// How many characters at the beginning are plain; eight are looked at in one go.
std::size_t plain_size(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::size_t size = 0;
  for (std::uint64_t word; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    const std::uint64_t below_space = (word - kEach * 0x20) & ~word;
    const std::uint64_t special = (word | below_space) & 0x8080808080808080;
    if ((special | zero_bytes(word ^ kEach * '"') | zero_bytes(word ^ kEach * '\\')) != 0) break;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

// The size of the character of several bytes that the text begins with; 0 where there is no valid
// one.
std::size_t utf8_size(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0xC2 ? 0U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : lead < 0xF5 ? 4U : 0U;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond Unicode.
  const unsigned char second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return size;
}

void append_control(TextBuffer& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\n\r\t\b\f";
  constexpr std::string_view kNames = "\"\\nrtbf";
  out.append('\\');
  if (const std::size_t name = kNamed.find(c); name != std::string_view::npos) {
    out.append(kNames[name]);
    return;
  }
  const auto code = static_cast<unsigned char>(c);
  out.append("u00");
  out.append(kHex[code >> 4]);
  out.append(kHex[code & 0xF]);
}

template <typename Number>
void append_number(TextBuffer& out, Number number) {
  if (std::isnan(number)) return out.append("\"NaN\"");
  if (std::isinf(number)) return out.append(number > 0 ? "\"+Inf\"" : "\"-Inf\"");
  // An exponent only for what is very large or very small. Large without one would look like an
  // integer, and readers refuse those of more than 64 bits.
  constexpr auto kSmallestPlain = static_cast<Number>(1e-6);
  constexpr auto kSmallestLarge = static_cast<Number>(1e15);
  const Number size = std::fabs(number);
  const bool plain = size == 0 || (size >= kSmallestPlain && size < kSmallestLarge);
  constexpr std::size_t kMostDigits = 32;  // -1.2345678901234567e-308, -0.0000012345678901234567
  char* const at = out.room(kMostDigits);
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  out.added(std::to_chars(at, at + kMostDigits, number, form).ptr);
}

}  // namespace

void append_json_string(TextBuffer& out, std::string_view text) {
  out.append('"');
  for (;;) {
    const std::size_t plain = plain_size(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t taken = 1;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_control(out, text.front());
    } else if (const std::size_t size = utf8_size(text); size > 0) {
      out.append(text.substr(0, size));
      taken = size;
    } else {
      out.append(kReplacement);
    }
    text.remove_prefix(taken);
  }
  out.append('"');
}

void append_json_number(TextBuffer& out, double number) { append_number(out, number); }
void append_json_number(TextBuffer& out, float number) { append_number(out, number); }

void append_milliseconds(TextBuffer& out, std::chrono::nanoseconds time) {
  constexpr std::uint64_t kNanoseconds = 1'000'000;
  constexpr int kPlaces = 6;
  const bool negative = time.count() < 0;
  // The smallest number has no positive one beside it, but an unsigned one.
  const std::uint64_t size =
      negative ? 0 - static_cast<std::uint64_t>(time.count()) : static_cast<std::uint64_t>(time.count());
  if (negative) out.append('-');
  append_integer(out, size / kNanoseconds);
  std::uint64_t rest = size % kNanoseconds;
  if (rest == 0) return;
  std::array<char, kPlaces> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, rest /= 10) {
    *digit = static_cast<char>('0' + rest % 10);
  }
  const std::string_view places(digits.data(), digits.size());
  out.append('.');
  out.append(places.substr(0, places.find_last_not_of('0') + 1));
}

void append_base64(TextBuffer& out, std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.append('"');
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    const auto byte = [bytes](std::size_t i) {
      return i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0;
    };
    const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    out.append(kDigits[three >> 18]);
    out.append(kDigits[three >> 12 & 0x3F]);
    out.append(bytes.size() > 1 ? kDigits[three >> 6 & 0x3F] : '=');
    out.append(bytes.size() > 2 ? kDigits[three & 0x3F] : '=');
  }
  out.append('"');
}

void append_logfmt_text(TextBuffer& out, std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != '\\' && c != 0x7f;
  });
  if (plain) {
    out.append(text);
  } else {
    append_json_string(out, text);
  }
}

}  // namespace lokitail::telemetry
