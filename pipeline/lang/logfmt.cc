#include "pipeline/lang/logfmt.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {
namespace {

enum Class : std::uint8_t {
  kBlank = 1,
  kEquals = 2,
  kQuote = 4,
  kBackslash = 8,
  kNewline = 16,
};

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c <= ' '; ++c) classes[c] = kBlank;
  classes['='] = kEquals;
  classes['"'] = kQuote;
  classes['\\'] = kBackslash;
  classes['\n'] = kBlank | kNewline;
  return classes;
}();

bool is(char c, unsigned classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

// The position of the first byte of these classes from `at` on; the end where there is none.
std::size_t find(std::string_view text, std::size_t at, unsigned classes) {
  while (at < text.size() && !is(text[at], classes)) ++at;
  return at;
}

bool is_key(std::string_view key) {
  return is_ascii(key) || (is_utf8(key) && key.find("\xEF\xBF\xBD") == std::string_view::npos);  // U+FFFD
}

// Undoes the escapes of a quoted value.
class Unescaper {
 public:
  // REQUIRES: every backslash in `text` has a character behind it.
  explicit Unescaper(std::string_view text) : rest_(text) {}

  // Nothing for an escape or a control character that may not be there.
  std::optional<std::string_view> run(Arena& arena) {
    // A byte that is no UTF-8 becomes three; nothing else grows.
    const std::size_t room = is_utf8(rest_) ? rest_.size() : 3 * rest_.size();
    char* const begin = arena.allocate(room);
    out_ = begin;
    while (!rest_.empty()) {
      if (!take()) {
        arena.shrink_last(room, 0);
        return std::nullopt;
      }
    }
    const auto size = static_cast<std::size_t>(out_ - begin);
    arena.shrink_last(room, size);
    return std::string_view(begin, size);
  }

 private:
  bool take() {
    const char c = rest_.front();
    if (c == '\\') return take_escape();
    if (c >= 0 && c < ' ') return false;
    const Character character = first_character(rest_);
    if (character.size == 1 && character.valid) {
      *out_++ = c;
    } else if (character.valid) {
      std::memcpy(out_, rest_.data(), character.size);
      out_ += character.size;
    } else {
      append(Character::kReplacement);
    }
    rest_.remove_prefix(character.size);
    return true;
  }

  bool take_escape() {
    const char letter = rest_[1];
    if (letter == 'u') return take_code();
    constexpr std::string_view kLetters = "\"\\/'bfnrt";
    constexpr std::string_view kMeanings = "\"\\/'\b\f\n\r\t";
    const std::size_t place = kLetters.find(letter);
    if (place == std::string_view::npos) return false;
    *out_++ = kMeanings[place];
    rest_.remove_prefix(2);
    return true;
  }

  // \u00e9, and pairs of them for what lies beyond U+FFFF.
  bool take_code() {
    constexpr std::size_t kSize = 6;
    const auto first = code_at(0);
    if (!first) return false;
    char32_t code = *first;
    std::size_t size = kSize;
    if (code >= 0xD800 && code < 0xE000) {
      const char32_t second = code_at(kSize).value_or(0);
      const bool pair = code < 0xDC00 && second >= 0xDC00 && second < 0xE000;
      code = pair ? ((code - 0xD800) << 10 | (second - 0xDC00)) + 0x10000 : Character::kReplacement;
      if (pair) size += kSize;
    }
    append(code);
    rest_.remove_prefix(size);
    return true;
  }

  // The number of the \uXXXX that stands `at` bytes on.
  std::optional<char32_t> code_at(std::size_t at) const {
    constexpr std::size_t kDigits = 4;
    const std::string_view text = rest_.substr(at);
    if (!text.starts_with("\\u") || text.size() < 2 + kDigits) return std::nullopt;
    std::uint32_t code = 0;
    const char* const begin = text.data() + 2;
    const auto [stop, error] = std::from_chars(begin, begin + kDigits, code, 16);
    if (error != std::errc() || stop != begin + kDigits) return std::nullopt;
    return code;
  }

  void append(char32_t code) {
    const auto byte = [this](char32_t bits) { *out_++ = static_cast<char>(bits); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | code >> 6);
      byte(0x80 | (code & 0x3F));
    } else {
      if (code < 0x10000) {
        byte(0xE0 | code >> 12);
      } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
      }
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  }

  std::string_view rest_;
  char* out_ = nullptr;
};

}  // namespace

bool LogfmtScanner::next(Arena& arena) {
  if (failed_) return false;
  while (at_ < text_.size() && is(text_[at_], kBlank)) ++at_;
  if (at_ == text_.size()) return false;
  if (!scan_key()) return fail();
  value_ = {};
  if (at_ == text_.size() || text_[at_] != '=') return true;
  ++at_;
  return scan_value(arena) || fail();
}

bool LogfmtScanner::fail() {
  failed_ = true;
  return false;
}

bool LogfmtScanner::scan_key() {
  const std::size_t begin = at_;
  at_ = find(text_, begin, kBlank | kEquals | kQuote);
  key_ = text_.substr(begin, at_ - begin);
  const bool quote = at_ < text_.size() && text_[at_] == '"';
  return !key_.empty() && !quote && is_key(key_);
}

bool LogfmtScanner::scan_value(Arena& arena) {
  const std::size_t begin = at_;
  if (begin < text_.size() && text_[begin] == '"') return scan_quoted_value(arena);
  at_ = find(text_, begin, kBlank | kEquals | kQuote);
  value_ = text_.substr(begin, at_ - begin);
  return at_ == text_.size() || is(text_[at_], kBlank);
}

bool LogfmtScanner::scan_quoted_value(Arena& arena) {
  const std::size_t begin = at_ + 1;
  bool escapes = false;
  at_ = find(text_, begin, kQuote | kBackslash | kNewline);
  while (at_ < text_.size() && text_[at_] == '\\') {
    escapes = true;
    if (at_ + 1 == text_.size() || text_[at_ + 1] == '\n') return false;
    at_ = find(text_, at_ + 2, kQuote | kBackslash | kNewline);
  }
  if (at_ == text_.size() || text_[at_] != '"') return false;
  value_ = text_.substr(begin, at_ - begin);
  ++at_;
  if (!escapes) return true;
  const auto unescaped = Unescaper(value_).run(arena);
  if (unescaped) value_ = *unescaped;
  return unescaped.has_value();
}

}  // namespace lokitail::pipeline::lang
