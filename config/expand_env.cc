#include "config/expand_env.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "config/error.h"
#include "config/glob_trim.h"

namespace lokitail::config {
namespace {

// Replacements inside of replacements could grow without end.
constexpr size_t kMaxExpandedSize = size_t{64} << 20;
constexpr int kMaxNesting = 100;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<int64_t> parse_offset(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// ${V:offset} and ${V:offset:length}; the whole value where a number is none. Nothing for a length below zero.
std::optional<std::string> substring(const std::string& value, const std::string& offset_text,
                                     const std::optional<std::string>& length_text) {
  const auto size = static_cast<int64_t>(value.size());
  const auto offset = parse_offset(offset_text);
  if (!offset) return value;
  const int64_t from = *offset < 0 ? std::max<int64_t>(0, size + std::max(*offset, -size)) : *offset;
  const auto length = length_text ? parse_offset(*length_text) : size;
  if (!length) return value;
  if (from >= size) return "";
  if (*length < 0) return std::nullopt;
  return value.substr(static_cast<size_t>(from), static_cast<size_t>(*length));
}

// Reads the text once from left to right, writing the result as it goes.
class Expander {
 public:
  Expander(std::string_view text, const EnvLookup& lookup, const std::string& file_name)
      : text_(text), lookup_(lookup), file_name_(file_name) {}

  std::string run() {
    std::string out;
    out.reserve(text_.size());
    while (at_ < text_.size()) {
      if (at_substitution()) {
        out += substitution();
      } else {
        out += literal([](char) { return true; }, Escapes::kOn);
      }
      check_size(out);
    }
    return out;
  }

 private:
  enum class Escapes { kOff, kOn };

  static bool is_name_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_substitution() const { return text_.substr(at_, 2) == "${"; }
  bool take(char c) {
    const bool found = at_ < text_.size() && text_[at_] == c;
    if (found) ++at_;
    return found;
  }

  // `$$`, `\\` and `\/` stand for their second character.
  bool at_escape() const {
    const std::string_view pair = text_.substr(at_, 2);
    return pair == "$$" || pair == "\\\\" || pair == "\\/";
  }

  // Text up to the next substitution or a character that `accept` does not take.
  template <typename Accept>
  std::string literal(Accept accept, Escapes escapes) {
    std::string out;
    while (at_ < text_.size() && !at_substitution()) {
      if (escapes == Escapes::kOn && at_escape()) {
        out += text_[at_ + 1];
        at_ += 2;
      } else if (accept(text_[at_])) {
        out += text_[at_++];
      } else {
        break;
      }
    }
    return out;
  }

  std::string name() {
    const size_t from = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    if (at_ == from) fail("unable to parse variable name");
    return std::string(text_.substr(from, at_ - from));
  }

  // At `${`: reads up to its `}` and returns what it stands for.
  std::string substitution() {
    const size_t outer = start_;
    start_ = at_;
    if (++nesting_ > kMaxNesting) fail("nested too deeply");
    at_ += 2;
    std::string result = expression();
    check_size(result);
    --nesting_;
    start_ = outer;
    return result;
  }

  std::string expression() {
    if (take('#')) {
      std::string length = std::to_string(value_of(name()).size());
      close();
      return length;
    }
    std::string value = value_of(name());
    switch (peek()) {
      case ':':
        return default_or_substring(value);
      case '=':
        ++at_;
        return default_value(value);
      case ',':
      case '^':
        return change_case(value);
      case '/':
        return replace(value);
      case '#':
      case '%':
        return trim(value);
      default:
        close();
        return value;
    }
  }

  std::string value_of(const std::string& name) const { return lookup_(name).value_or(""); }

  std::string default_or_substring(const std::string& value) {
    ++at_;
    constexpr std::string_view kDefaultMarks = "=-?+";
    if (at_ < text_.size() && kDefaultMarks.find(text_[at_]) != std::string_view::npos) {
      // A negative offset would look like a default too, and is taken for one.
      ++at_;
      return default_value(value);
    }
    const std::string offset = argument([](char c) { return c != ':' && c != '}'; }, Escapes::kOff);
    std::optional<std::string> length;
    if (take(':')) {
      while (take(':')) {
      }
      length = argument(not_closing, Escapes::kOff);
    }
    close();
    auto part = substring(value, offset, length);
    if (!part) fail("the length is below zero");
    return *std::move(part);
  }

  std::string default_value(const std::string& value) {
    std::string fallback;
    while (peek() != '}') {
      fallback += argument(not_closing, Escapes::kOff);
      check_size(fallback);
    }
    close();
    return value.empty() ? fallback : value;
  }

  std::string change_case(std::string value) {
    const char mark = text_[at_++];
    // `^,` and `,^` are taken as an unknown operator, which leaves the value as it is.
    const char second = peek();
    const bool whole = (second == ',' || second == '^');
    if (whole) ++at_;
    close();
    if (whole && second != mark) return value;
    const auto end = whole || value.empty() ? value.end() : value.begin() + 1;
    std::transform(value.begin(), end, value.begin(), mark == '^' ? upper : lower);
    return value;
  }

  std::string trim(const std::string& value) {
    const char mark = text_[at_++];
    const GlobReach reach = take(mark) ? GlobReach::kLongest : GlobReach::kShortest;
    const std::string pattern = argument(not_closing, Escapes::kOff);
    close();
    return mark == '#' ? trim_prefix(value, pattern, reach) : trim_suffix(value, pattern, reach);
  }

  std::string replace(const std::string& value) {
    ++at_;
    const char mode = peek();
    if (mode == '/' || mode == '#' || mode == '%') ++at_;
    const std::string from = argument([](char c) { return c != '/'; }, Escapes::kOn);
    if (!take('/')) fail("bad substitution");
    while (take('/')) {
    }
    const bool has_replacement = peek() != '}';
    const std::string to = has_replacement ? argument(not_closing, Escapes::kOn) : "";
    close();
    if (mode == '/') return replace_all(value, from, to);
    if (mode == '#') {
      // Without a replacement the prefix and suffix forms do nothing.
      const bool change = has_replacement && value.starts_with(from);
      return change ? to + value.substr(from.size()) : value;
    }
    if (mode == '%') {
      const bool change = has_replacement && value.ends_with(from);
      return change ? value.substr(0, value.size() - from.size()) + to : value;
    }
    const size_t found = value.find(from);
    if (found == std::string::npos) return value;
    return std::string(value).replace(found, from.size(), to);
  }

  std::string replace_all(const std::string& value, const std::string& from, const std::string& to) const {
    if (from.empty()) return put_between_characters(value, to);
    std::string out;
    size_t done = 0;
    for (size_t found = value.find(from); found != std::string::npos; found = value.find(from, done)) {
      out.append(value, done, found - done).append(to);
      check_size(out);
      done = found + from.size();
    }
    return out.append(value, done);
  }

  // At both ends, too.
  std::string put_between_characters(const std::string& value, const std::string& text) const {
    std::string out;
    for (const char c : value) {
      const bool begins_character = (c & 0xC0) != 0x80;
      if (begins_character) out += text;
      out += c;
      check_size(out);
    }
    return out += text;
  }

  static bool not_closing(char c) { return c != '}'; }

  // A piece of an argument: a substitution, or text that is not empty.
  template <typename Accept>
  std::string argument(Accept accept, Escapes escapes) {
    if (at_substitution()) return substitution();
    const size_t from = at_;
    std::string text = literal(accept, escapes);
    if (at_ == from) fail(at_ >= text_.size() ? "missing closing brace" : "bad substitution");
    return text;
  }

  void close() {
    if (!take('}')) fail("missing closing brace");
  }

  void check_size(const std::string& result) const {
    if (result.size() > kMaxExpandedSize) fail("the result is too long");
  }

  // Complains about the substitution that is being read.
  [[noreturn]] void fail(const std::string& message) const {
    const std::string_view before = text_.substr(0, start_);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const size_t newline = before.rfind('\n');
    const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    const auto column = static_cast<int>(start_ - line_start) + 1;
    throw Error({file_name_, line, column}, "cannot expand environment variables: " + message);
  }

  std::string_view text_;
  const EnvLookup& lookup_;
  const std::string& file_name_;
  size_t at_ = 0;
  size_t start_ = 0;  // where the substitution that is being read begins
  int nesting_ = 0;
};

}  // namespace

std::string expand_env(std::string_view text, const EnvLookup& lookup, const std::string& file_name) {
  return Expander(text, lookup, file_name).run();
}

std::optional<std::string> process_env(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (!value) return std::nullopt;
  return value;
}

}  // namespace lokitail::config
