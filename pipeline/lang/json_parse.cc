#include "pipeline/lang/json_parse.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "pipeline/lang/json_token.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {

// Values are pushed on one stack as they come; the end of a container takes its own off and leaves
// the container in their place.
class JsonParser::Builder {
 public:
  Builder(JsonParser& parser, std::string_view text, Arena& arena)
      : parser_(parser), ends_(text.data(), text.data() + text.size()), arena_(arena) {
    parser_.pending_.clear();
    parser_.open_.clear();
  }

  // REQUIRES: all was well formed, and there were not too many values.
  JsonValue result() const { return parser_.pending_.front().value; }

  const char* string(const char* at, const char* end) {
    std::string_view text;
    at = json_token::read_string(at, end, ends_, arena_, text);
    add(JsonValue(text));
    return unless_too_many(at);
  }
  const char* number(const char* at, const char* end) {
    double number = 0;
    at = json_token::read_number(at, end, &number);
    add(JsonValue(number));
    return unless_too_many(at);
  }
  void boolean(bool value) { add(JsonValue(value)); }
  void null() { add(JsonValue()); }

  const char* key(const char* at, const char* end) {
    std::string_view text;
    at = json_token::read_string(at, end, ends_, arena_, text);
    parser_.pending_.push_back({text, {}});
    return unless_too_many(at);
  }
  void null_key() { parser_.pending_.push_back({"", {}}); }
  const char* value(const char* at, const char* end) { return parser_.walker_.walk(at, end, *this); }

  void begin(bool object) { parser_.open_.push_back({object, parser_.pending_.size()}); }
  void end(bool object) {
    auto& pending = parser_.pending_;
    const std::size_t begin = parser_.open_.back().begin;
    parser_.open_.pop_back();
    if (object) keep_last_of_equal_keys(pending, begin);
    const std::span<const JsonMember> members = std::span(pending).subspan(begin);
    const JsonValue container = object ? JsonValue(copy_into(arena_, members)) : array(members);
    pending.resize(begin);
    add(container);
  }

 private:
  const char* unless_too_many(const char* at) const { return parser_.values_left_ == 0 ? nullptr : at; }

  void add(JsonValue value) {
    if (parser_.values_left_ == 0) return;
    --parser_.values_left_;
    auto& pending = parser_.pending_;
    const bool in_object = !parser_.open_.empty() && parser_.open_.back().object;
    if (in_object) {
      pending.back().value = value;
    } else {
      pending.push_back({"", value});
    }
  }

  JsonValue array(std::span<const JsonMember> members) {
    auto& items = parser_.items_;
    items.clear();
    for (const JsonMember& member : members) items.push_back(member.value);
    return JsonValue(copy_into(arena_, std::span<const JsonValue>(items)));
  }

  JsonParser& parser_;
  json_token::StringEnds ends_;
  Arena& arena_;
};

std::optional<JsonValue> JsonParser::parse_document(std::string_view document, Arena& arena,
                                                    std::size_t most_values) {
  Builder builder(*this, document, arena);
  values_left_ = most_values + 1;
  builder.begin(true);
  switch (walk_document(document, builder)) {
    case JsonDocument::kNull:
      return JsonValue::null_document();
    case JsonDocument::kMalformed:
      return std::nullopt;
    case JsonDocument::kObject:
      break;
  }
  builder.end(true);
  if (had_too_many_values()) return std::nullopt;
  return builder.result();
}

std::optional<JsonValue> JsonParser::parse_value(std::string_view text, Arena& arena) {
  Builder builder(*this, text, arena);
  values_left_ = kUnlimited;
  const char* const end = text.data() + text.size();
  if (walker_.walk(text.data(), end, builder) != end) return std::nullopt;
  return builder.result();
}

namespace {

// As Go reads it: each byte that belongs to no character becomes U+FFFD.
std::string mend_utf8(std::string_view text) {
  std::string mended;
  while (!text.empty()) {
    const Character character = first_character(text);
    mended += character.valid ? text.substr(0, character.size) : "\uFFFD";
    text.remove_prefix(character.size);
  }
  return mended;
}

// Whether text that json_token.h and json_walk.h accept has nothing that only they accept.
bool is_strict(std::string_view text) {
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = text.substr(i + 1);
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') ++i;
    } else if (c == '-') {
      if (rest.starts_with('+')) return false;
    } else if (c == 'l') {  // of null, which is no key
      const std::size_t next = rest.find_first_not_of(" \t\r\n");
      if (next != rest.npos && rest[next] == ':') return false;
    }
  }
  return true;
}

}  // namespace

std::optional<JsonValue> parse_strict_json(std::string_view text, Arena& arena) {
  constexpr std::string_view kWhitespace = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kWhitespace), text.size());
  const std::size_t end = text.find_last_not_of(kWhitespace) + 1;
  const std::string_view mended = arena.copy(mend_utf8(text.substr(begin, end - begin)));
  if (!is_strict(mended)) return std::nullopt;
  return JsonParser().parse_value(mended, arena);
}

}  // namespace lokitail::pipeline::lang
