#include "pipeline/lang/json_print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {
namespace {

// Room for the shortest form with an exponent: -1.2345678901234567e-308.
using ScientificText = std::array<char, 32>;

std::string_view scientific(double number, ScientificText& text) {
  char* const begin = text.data();
  const char* const end =
      std::to_chars(begin, begin + text.size(), number, std::chars_format::scientific).ptr;
  return {begin, end};
}

// A number inside of a container; false where JSON has no such number.
bool append_number(std::string& out, double number, JsonStyle style) {
  constexpr double kSmallestPlain = 1e-6;
  constexpr double kSmallestLarge = 1e21;
  if (!std::isfinite(number)) return false;
  const double size = std::fabs(number);
  if (size == 0 || (size >= kSmallestPlain && size < kSmallestLarge)) {
    std::array<char, kMaxNumberText> text;
    out.append(text.data(), format_number(number, text.data()));
    return true;
  }
  ScientificText text;
  out += scientific(number, text);
  const std::size_t exponent = out.size() - 2;
  const bool one_digit = out[exponent] == '0' && out[exponent - 1] == '-';
  if (style == JsonStyle::kEncodingJson && one_digit) out.erase(exponent, 1);
  return true;
}

// ASCII that stands as it is.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : std::string_view("\"\\<>&")) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

void append_escaped(std::string& out, char c, JsonStyle style) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\n\r\t\b\f";
  constexpr std::string_view kNames = "\"\\nrtbf";
  const std::size_t known = style == JsonStyle::kEncodingJson ? kNamed.size() : kNamed.size() - 2;
  if (const std::size_t name = kNamed.find(c); name < known) {
    out += '\\';
    out += kNames[name];
    return;
  }
  const auto code = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[code >> 4];
  out += kHex[code & 0xF];
}

// Goes through a tree without recursion: how deep it is, is up to the document.
class Printer {
 public:
  Printer(std::string& out, JsonStyle style) : out_(out), style_(style) {}

  bool print(const JsonValue& root) {
    bool good = begin(root);
    while (good && !open_.empty()) {
      Container& container = open_.back();
      if (container.next == container.size) {
        out_ += container.value->is_array() ? ']' : '}';
        open_.pop_back();
        continue;
      }
      if (container.next > 0) out_ += ',';
      const std::size_t index = container.next++;
      if (container.value->is_array()) {
        good = begin(container.value->items()[index]);
      } else {
        const JsonMember& member =
            container.sorted.empty() ? container.value->members()[index] : *container.sorted[index];
        append_json_string(out_, member.key, style_);
        out_ += ':';
        good = begin(member.value);
      }
    }
    return good;
  }

 private:
  struct Container {
    const JsonValue* value;
    std::size_t size;
    std::size_t next = 0;                     // its item or member to be written
    std::vector<const JsonMember*> sorted{};  // unless they are written as they stand
  };

  // Writes a scalar, and of a container its beginning.
  bool begin(const JsonValue& value) {
    if (out_.size() > kMostPrinted) return false;
    switch (value.kind()) {
      case JsonValue::Kind::kNull:
        out_ += "null";
        return true;
      case JsonValue::Kind::kBool:
        out_ += value.boolean() ? "true" : "false";
        return true;
      case JsonValue::Kind::kNumber:
        return append_number(out_, value.number(), style_);
      case JsonValue::Kind::kString:
        append_json_string(out_, value.text(), style_);
        return true;
      case JsonValue::Kind::kExpression:
        out_ += "{}";
        return true;  // a struct without fields
      case JsonValue::Kind::kArray:
        out_ += '[';
        open_.push_back(Container{&value, value.items().size()});
        return true;
      case JsonValue::Kind::kObject:
        begin_object(value);
        return true;
    }
    return false;
  }

  void begin_object(const JsonValue& value) {
    if (value.prints_null()) {
      out_ += "null";
      return;
    }
    out_ += '{';
    open_.push_back(Container{&value, value.members().size()});
    if (style_ == JsonStyle::kEncodingJson) {
      auto& sorted = open_.back().sorted;
      for (const JsonMember& member : value.members()) sorted.push_back(&member);
      std::ranges::sort(sorted, {}, &JsonMember::key);
    }
  }

  std::string& out_;
  const JsonStyle style_;
  boost::container::small_vector<Container, 4> open_;
};

}  // namespace

char* format_number(double number, char* to) {
  constexpr double kExactIntegers = 9007199254740992;  // 2^53
  const auto put = [&to](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    to += text.size();
  };
  const auto put_zeros = [&to](std::size_t count) {
    std::memset(to, '0', count);
    to += count;
  };
  if (!std::isfinite(number)) {
    put(std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
    return to;
  }
  if (std::signbit(number)) put("-");
  const double size = std::fabs(number);
  if (size < kExactIntegers && size == std::floor(size)) {
    return std::to_chars(to, to + kMaxNumberText - 1, static_cast<std::uint64_t>(size)).ptr;
  }
  // d.ddde+dd: the digits are kept, the point and zeros are put where the exponent says.
  ScientificText buffer;
  std::string_view text = scientific(size, buffer);
  const std::size_t mark = text.find('e');
  std::size_t exponent = 0;
  std::from_chars(text.data() + mark + 2, text.data() + text.size(), exponent);
  const bool small = text[mark + 1] == '-';
  const std::string_view first = text.substr(0, 1);
  const std::string_view others = text.substr(0, mark).substr(std::min<std::size_t>(2, mark));
  if (small) {
    put("0.");
    put_zeros(exponent - 1);
    put(first);
    put(others);
    return to;
  }
  put(first);
  const std::size_t whole = std::min(exponent, others.size());
  put(others.substr(0, whole));
  put_zeros(exponent - whole);
  if (whole < others.size()) {
    put(".");
    put(others.substr(whole));
  }
  return to;
}

void append_json_string(std::string& out, std::string_view text, JsonStyle style) {
  constexpr char32_t kLineSeparator = 0x2028;
  constexpr char32_t kParagraphSeparator = 0x2029;
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Character character = first_character(text);
    if (!character.valid) {
      out += "\\ufffd";
    } else if (character.code < 0x80) {
      append_escaped(out, text.front(), style);
    } else if (character.code == kLineSeparator) {
      out += "\\u2028";
    } else if (character.code == kParagraphSeparator) {
      out += "\\u2029";
    } else {
      out += text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
  }
  out += '"';
}

bool print_json(std::string& out, const JsonValue& value, JsonStyle style) {
  return Printer(out, style).print(value);
}

}  // namespace lokitail::pipeline::lang
