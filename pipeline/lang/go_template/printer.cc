#include "pipeline/lang/go_template/printer.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "pipeline/label_text.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/time_text.h"
#include "pipeline/lang/go_template/unicode.h"
#include "pipeline/lang/go_template/version.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

constexpr int kMostPrecision = 1000;  // of a float: more digits than one has
// Go prints the address of some values, which means nothing and differs from run to run.
constexpr std::uint64_t kSomeAddress = 0xC000000000;

// What String() of a value's type gives; false for types without.
bool append_string_form(Text& out, const Value& value) {
  switch (value.type()) {
    case Type::kTime:
      append_time(out, value.as_time());
      return true;
    case Type::kDuration:
      append_duration(out, value.as_integer());
      return true;
    case Type::kMonth:
      append_month(out, value.as_integer());
      return true;
    case Type::kWeekday:
      append_weekday(out, value.as_integer());
      return true;
    case Type::kVersion:
      append_version(out, value.as_version());
      return true;
    default:
      return false;
  }
}

// A quoted text with all that is not ASCII escaped.
std::string as_ascii(std::string_view quoted) {
  std::string ascii;
  while (!quoted.empty()) {
    const Character character = first_character(quoted);
    if (character.code < 0x80) {
      ascii += quoted.front();
    } else {
      char escape[12];
      std::snprintf(escape, sizeof escape, character.code < 0x10000 ? "\\u%04x" : "\\U%08x",
                    static_cast<unsigned>(character.code));
      ascii += escape;
    }
    quoted.remove_prefix(character.size);
  }
  return ascii;
}

// A number with the point that # asks for, and for %g with the zeros that make up the precision.
void append_with_point(Text& out, std::string_view number, char format, int precision) {
  const bool hexadecimal = format == 'x' || format == 'X';
  int missing = 0;  // digits
  if (format == 'g' || format == 'G' || format == 'x') missing = precision < 0 ? 6 : precision;
  const std::size_t end = std::min(number.find_first_of(hexadecimal ? "pP" : "eE"), number.size());
  const std::string_view mantissa = number.substr(0, end);
  bool significant = false;
  for (const char c : mantissa) {
    if (c == '.') continue;
    significant = significant || c != '0';
    if (significant) --missing;
  }
  out += mantissa;
  if (mantissa.find('.') == std::string_view::npos) {
    if (mantissa == "0") --missing;  // this zero counts as a digit
    out += '.';
  }
  if (missing > 0) out.append_repeated('0', static_cast<std::size_t>(missing));
  out += number.substr(end);
}

// Whether backquotes can go around a text.
bool can_backquote(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    const char32_t code = character.code;
    if ((code < ' ' && code != '\t') || code == '`' || code == 0x7F || code == 0xFEFF) return false;
    if (code == Character::kReplacement && character.size == 1) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

void Printer::pad(std::string_view text) {
  if (!flags_.width) {
    out_ += text;
    return;
  }
  const auto width = static_cast<std::size_t>(*flags_.width);
  const std::size_t length = count_characters(text);
  const std::size_t fill = width > length ? width - length : 0;
  if (!flags_.minus) out_.append_repeated(flags_.zero ? '0' : ' ', fill);
  out_ += text;
  if (flags_.minus) out_.append_repeated(' ', fill);
}

// As pad(), but zeros go between the sign and the digits.
void Printer::pad_number(std::string_view sign, std::string_view digits) {
  const auto width = static_cast<std::size_t>(flags_.width.value_or(0));
  const std::size_t length = sign.size() + digits.size();
  const std::size_t fill = width > length ? width - length : 0;
  const bool zeros = flags_.zero && !flags_.minus;
  if (!zeros && !flags_.minus) out_.append_repeated(' ', fill);
  out_ += sign;
  if (zeros) out_.append_repeated('0', fill);
  out_ += digits;
  if (flags_.minus) out_.append_repeated(' ', fill);
}

// As pad(), whatever the flags say of zeros.
void Printer::pad_with_spaces(std::string_view text) {
  const bool zero = std::exchange(flags_.zero, false);
  pad(text);
  flags_.zero = zero;
}

void Printer::bad_verb(const Value& value) {
  out_ += "%!";
  out_.append_character(verb_);
  out_ += '(';
  if (value.empty()) {
    out_ += "<nil>";
  } else {
    out_ += type_name(value);
    out_ += '=';
    Printer plain(out_, flags_, 'v');
    plain.as_error_ = true;
    plain.print(value);
  }
  out_ += ')';
}

void Printer::print_nil(int depth) {
  if (depth > 0) {
    out_ += flags_.sharp_v ? "interface {}(nil)" : "<nil>";
  } else if (verb_ == 'v' || verb_ == 'T') {
    pad("<nil>");
  } else {
    bad_verb(Value::nil());
  }
}

// What String() and GoString() give, under the verbs that ask for them.
bool Printer::print_string_form(const Value& value) {
  const bool string_verb =
      verb_ < 0x80 && std::string_view("vsxXq").find(static_cast<char>(verb_)) != std::string_view::npos;
  if (as_error_ || !string_verb) return false;
  Text text(out_.context());
  if (flags_.sharp_v) {
    if (!value.is(Type::kTime)) return false;
    append_go_time(text, value.as_time());
    pad(cut(text.view()));
    return true;
  }
  if (!append_string_form(text, value)) return false;
  print_string(text.view(), value);
  return true;
}

void Printer::print(const Value& value, int depth) {
  if (depth > kMaxValueDepth) {
    out_.context().fail("a value is nested too deeply to be printed");
    return;
  }
  if (!out_.context().spend(1)) return;
  if (value.empty()) return print_nil(depth);
  if (verb_ == 'T') return print_string(type_name(value), Value::string(type_name(value)));
  if (verb_ == 'w') return bad_verb(value);  // it is for errors
  if (verb_ == 'p') {
    const bool has_address = value.is_list() || value.is_map() || value.is(Type::kVersion);
    return has_address ? print_pointer(type_name(value), kSomeAddress) : bad_verb(value);
  }
  if (print_string_form(value)) return;
  switch (value.type()) {
    case Type::kBool:
      return print_bool(value);
    case Type::kFloat:
      return print_float(value);
    case Type::kString:
      return print_string(value.as_string(), value);
    case Type::kList:
    case Type::kStringList:
    case Type::kIntList:
    case Type::kListList:
      return print_list(value, depth);
    case Type::kMap:
    case Type::kStringMap:
      return print_map(value, depth);
    case Type::kTime:
      return print_time(value.as_time(), depth);
    case Type::kVersion:
      return print_version(value.as_version(), depth);
    case Type::kKeyPair: {
      const Map::Entry fields[] = {{"Cert", Value::string(value.as_key_pair().certificate)},
                                   {"Key", Value::string(value.as_key_pair().key)}};
      return print_struct("sprig.certificate", fields, depth);
    }
    default:
      return print_integer(value);
  }
}

void Printer::print_bool(const Value& value) {
  if (verb_ != 't' && verb_ != 'v') return bad_verb(value);
  pad(value.as_bool() ? "true" : "false");
}

void Printer::print_integer(const Value& value) {
  const bool negative = value.is_signed() && value.as_integer() < 0;
  const std::uint64_t magnitude = negative ? 0 - value.as_unsigned() : value.as_unsigned();
  switch (verb_) {
    case 'v':
      if (flags_.sharp_v && value.is_unsigned()) return print_address(magnitude, true);
      [[fallthrough]];
    case 'd':
      return print_digits(negative, magnitude, 10, false);
    case 'b':
      return print_digits(negative, magnitude, 2, false);
    case 'o':
    case 'O':
      return print_digits(negative, magnitude, 8, false);
    case 'x':
      return print_digits(negative, magnitude, 16, false);
    case 'X':
      return print_digits(negative, magnitude, 16, true);
    case 'c': {
      Text text(out_.context());
      text.append_character(negative || magnitude > 0x10FFFF ? Character::kReplacement
                                                             : static_cast<char32_t>(magnitude));
      return pad(text.view());
    }
    case 'q':
      return print_quoted_character(negative ? Character::kReplacement : magnitude);
    case 'U':
      return print_code_point(value.as_unsigned());
    default:
      return bad_verb(value);
  }
}

void Printer::print_digits(bool negative, std::uint64_t magnitude, int base, bool upper) {
  const std::string_view sign = negative ? "-" : flags_.plus ? "+" : flags_.space ? " " : "";
  const bool zeros = flags_.zero && !flags_.minus;
  if (flags_.precision == 0 && magnitude == 0) return pad_with_spaces({});  // as C does
  // To be filled with zeros up to a width is as precise; a prefix comes on top of that.
  const int least =
      flags_.precision.value_or(zeros ? flags_.width.value_or(0) - static_cast<int>(sign.size()) : 0);
  NumberBuffer buffer;
  const std::string_view digits = format_uint(magnitude, buffer, base);
  if (upper) std::ranges::transform(digits, buffer.bytes, ascii_upper);
  const std::size_t filled = std::max(digits.size(), static_cast<std::size_t>(std::max(least, 0)));
  Text number(out_.context());
  number += sign;
  if (verb_ == 'O') number += "0o";
  if (flags_.sharp && base == 2) number += "0b";
  if (flags_.sharp && base == 8 && filled == digits.size() && !digits.starts_with('0')) number += '0';
  if (flags_.sharp && base == 16) number += upper ? "0X" : "0x";
  number.append_repeated('0', filled - digits.size());
  number += digits;
  pad_with_spaces(number.view());
}

void Printer::print_quoted_character(std::uint64_t code) {
  const char32_t character = code > 0x10FFFF ? Character::kReplacement : static_cast<char32_t>(code);
  std::string plain;
  append_utf8(plain, character);
  std::string quoted;
  append_quoted(quoted, plain);
  // The same escapes as in a string, but for the quote that needs one.
  std::string_view inside(quoted.data() + 1, quoted.size() - 2);
  if (character == '"') inside = "\"";
  if (character == '\'') inside = "\\'";
  const std::string ascii = flags_.plus ? as_ascii(inside) : std::string();
  if (flags_.plus) inside = ascii;
  Text text(out_.context());
  text += '\'';
  text += inside;
  text += '\'';
  pad(text.view());
}

void Printer::print_code_point(std::uint64_t code) {
  NumberBuffer buffer;
  std::string digits(format_uint(code, buffer, 16));
  std::ranges::transform(digits, digits.begin(), ascii_upper);
  const auto least = static_cast<std::size_t>(std::max(4, flags_.precision.value_or(0)));
  Text text(out_.context());
  text += "U+";
  if (digits.size() < least) text.append_repeated('0', least - digits.size());
  text += digits;
  if (flags_.sharp && code <= 0x10FFFF && is_printable(static_cast<char32_t>(code))) {
    text += " '";
    text.append_character(static_cast<char32_t>(code));
    text += '\'';
  }
  pad_with_spaces(text.view());
}

void Printer::print_float(const Value& value) {
  const double number = value.as_number();
  char format = static_cast<char>(verb_);
  int standard = -1;
  switch (verb_) {
    case 'v':
      format = 'g';
      break;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      break;
    case 'F':
      format = 'f';
      [[fallthrough]];
    case 'e':
    case 'E':
    case 'f':
      standard = 6;
      break;
    default:
      return bad_verb(value);
  }
  const int precision = flags_.precision ? std::min(*flags_.precision, kMostPrecision) : standard;
  NumberBuffer buffer;
  std::string_view digits = format_float(number, format, precision, buffer);
  std::string_view sign = flags_.plus ? "+" : flags_.space ? " " : "";
  if (digits.starts_with('-')) sign = "-";
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits == "Inf" || digits == "NaN") {
    if (digits == "Inf" && number > 0 && sign.empty()) sign = "+";
    return pad_with_spaces(std::string(sign).append(digits));
  }
  if (!flags_.sharp || format == 'b') return pad_number(sign, digits);
  Text sharp(out_.context());
  append_with_point(sharp, digits, format, precision);
  pad_number(sign, sharp.view());
}

// As much of a text as the precision leaves: of characters, or of bytes where these are shown.
std::string_view Printer::cut(std::string_view text) const {
  if (!flags_.precision) return text;
  if (verb_ == 'x' || verb_ == 'X') return text.substr(0, static_cast<std::size_t>(*flags_.precision));
  std::string_view rest = text;
  for (int i = 0; i < *flags_.precision && !rest.empty(); ++i) {
    rest.remove_prefix(first_character(rest).size);
  }
  text.remove_suffix(rest.size());
  return text;
}

void Printer::print_string(std::string_view text, const Value& value) {
  text = cut(text);
  switch (verb_) {
    case 'v':
      if (flags_.sharp_v) return print_quoted(text);
      [[fallthrough]];
    case 's':
    case 'T':
      return pad(text);
    case 'q':
      return print_quoted(text);
    case 'x':
      return print_hexadecimal(text, false);
    case 'X':
      return print_hexadecimal(text, true);
    default:
      return bad_verb(value);
  }
}

void Printer::print_quoted(std::string_view text) {
  if (!out_.context().spend(text.size() / 16)) return;
  if (flags_.sharp && verb_ == 'q' && can_backquote(text)) {
    std::string raw = "`";
    raw += text;
    raw += '`';
    return pad(raw);
  }
  std::string quoted;
  append_quoted(quoted, text);
  if (flags_.plus) quoted = as_ascii(quoted);
  pad(quoted);
}

void Printer::print_hexadecimal(std::string_view text, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = !flags_.sharp || text.empty() ? "" : upper ? "0X" : "0x";
  Text hexadecimal(out_.context(), 2 * text.size() + 2);
  hexadecimal += prefix;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (flags_.space && i > 0) (hexadecimal += ' ') += prefix;
    const auto byte = static_cast<unsigned char>(text[i]);
    hexadecimal += digits[byte >> 4];
    hexadecimal += digits[byte & 15];
  }
  pad(hexadecimal.view());
}

void Printer::print_list(const Value& value, int depth) {
  const bool go_syntax = flags_.sharp_v;
  if (go_syntax) out_ += type_name(value);
  if (go_syntax && value.as_list().data() == nullptr) {
    out_ += "(nil)";
    return;
  }
  out_ += go_syntax ? '{' : '[';
  bool first = true;
  for (const Value& item : value.as_list()) {
    if (!first) out_ += go_syntax ? ", " : " ";
    first = false;
    print(item, depth + 1);
    if (out_.context().failed()) return;
  }
  out_ += go_syntax ? '}' : ']';
}

void Printer::print_map(const Value& value, int depth) {
  const bool go_syntax = flags_.sharp_v;
  out_ += go_syntax ? type_name(value) : "map";
  out_ += go_syntax ? '{' : '[';
  bool first = true;
  for (const Map::Entry& entry : value.as_map().all()) {
    if (!first) out_ += go_syntax ? ", " : " ";
    first = false;
    print(Value::string(entry.key), depth + 1);
    out_ += ':';
    print(entry.value, depth + 1);
    if (out_.context().failed()) return;
  }
  out_ += go_syntax ? '}' : ']';
}

// As the struct that a time.Time is; verbs for numbers show it so.
void Printer::print_time(const Time& time, int depth) {
  constexpr std::int64_t kYearOneToUnix = 62'135'596'800;  // seconds
  const auto seconds = static_cast<std::uint64_t>(time.instant.seconds) + kYearOneToUnix;
  const Map::Entry fields[] = {
      {"wall", Value::integer(time.instant.nanoseconds, Type::kUint64)},
      {"ext", Value::integer(static_cast<std::int64_t>(seconds), Type::kInt64)},
  };
  out_ += '{';
  print_fields(fields, depth);
  out_ += flags_.plus_v ? " loc:" : " ";
  print_pointer("*time.Location", time.zone.name() == "UTC" ? 0 : kSomeAddress);
  out_ += '}';
}

void Printer::print_version(const Version& version, int depth) {
  if (depth > 0) {
    const bool pointer_verb =
        verb_ < 0x80 && std::string_view("vbodxX").find(static_cast<char>(verb_)) != std::string_view::npos;
    if (pointer_verb) return print_pointer("*semver.Version", kSomeAddress);
    return bad_verb(Value::version(&version));
  }
  const auto number = [](std::uint64_t part) {
    return Value::integer(static_cast<std::int64_t>(part), Type::kUint64);
  };
  const Map::Entry fields[] = {
      {"major", number(version.major)},
      {"minor", number(version.minor)},
      {"patch", number(version.patch)},
      {"pre", Value::string(version.prerelease)},
      {"metadata", Value::string(version.metadata)},
      {"original", Value::string(version.original)},
  };
  out_ += '&';
  print_struct("semver.Version", fields, depth);
}

void Printer::print_struct(std::string_view type, std::span<const Map::Entry> fields, int depth) {
  if (flags_.sharp_v) out_ += type;
  out_ += '{';
  print_fields(fields, depth);
  out_ += '}';
}

void Printer::print_fields(std::span<const Map::Entry> fields, int depth) {
  for (const Map::Entry& field : fields) {
    if (&field != fields.data()) out_ += flags_.sharp_v ? ", " : " ";
    if (flags_.sharp_v || flags_.plus_v) (out_ += field.key) += ':';
    print(field.value, depth + 1);
  }
}

void Printer::print_pointer(std::string_view type, std::uint64_t address) {
  switch (verb_) {
    case 'v':
      if (flags_.sharp_v) {
        ((out_ += '(') += type) += ")(";
        if (address == 0) {
          out_ += "nil";
        } else {
          print_address(address, true);
        }
        out_ += ')';
        return;
      }
      if (address == 0) return pad("<nil>");
      return print_address(address, !flags_.sharp);
    case 'p':
      return print_address(address, !flags_.sharp);
    case 'b':
    case 'o':
    case 'd':
    case 'x':
    case 'X':
      return print_integer(Value::integer(static_cast<std::int64_t>(address), Type::kUint64));
    default:
      out_ += "%!";
      out_.append_character(verb_);
      ((out_ += '(') += type) += address == 0 ? "=<nil>)" : "=0xc000000000)";
  }
}

void Printer::print_address(std::uint64_t address, bool prefix) {
  const bool sharp = std::exchange(flags_.sharp, prefix);
  print_digits(false, address, 16, false);
  flags_.sharp = sharp;
}

}  // namespace lokitail::pipeline::lang::go_template
