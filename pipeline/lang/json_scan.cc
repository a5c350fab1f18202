#include "pipeline/lang/json_scan.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pipeline/lang/json_token.h"

namespace lokitail::pipeline::lang {
namespace {

using json_token::peek;
using json_token::skip_whitespace;

std::uint64_t size_bit(std::size_t size) {
  constexpr std::size_t kLastBit = 63;
  return std::uint64_t{1} << std::min(size, kLastBit);
}

// Checks values and keeps nothing of them.
struct Checker {
  json_token::StringEnds ends;

  const char* string(const char* at, const char* end) { return json_token::skip_string(at, end, ends); }
  static const char* number(const char* at, const char* end) {
    return json_token::read_number(at, end, nullptr);
  }
  const char* key(const char* at, const char* end) { return string(at, end); }
  static void null_key() {}
  static void boolean(bool) {}
  static void null() {}
  static void begin(bool) {}
  static void end(bool) {}
};

}  // namespace

JsonScanner::JsonScanner(std::vector<std::string> keys) : texts_(std::move(keys)), fields_(texts_.size()) {
  for (const std::string& text : texts_) {
    Key key{0, 0, text};
    const std::size_t size = std::min(text.size(), sizeof key.head);
    std::memcpy(&key.head, text.data(), size);
    std::memset(&key.head_mask, 0xFF, size);
    keys_.push_back(key);
    sizes_ |= size_bit(text.size());
  }
}

// REQUIRES eight readable bytes, whatever the key's size.
JsonField* JsonScanner::find(std::string_view key) {
  if ((sizes_ & size_bit(key.size())) == 0) return nullptr;
  std::uint64_t head = 0;
  std::memcpy(&head, key.data(), sizeof head);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Key& wanted = keys_[i];
    if (wanted.text.size() != key.size() || (head & wanted.head_mask) != wanted.head) continue;
    if (key.size() <= sizeof head || key == wanted.text) return &fields_[i];
  }
  return nullptr;
}

// A value that is neither a string nor a number.
const char* JsonScanner::read_other(const char* at, const char* end, JsonField* field) {
  const char* const begin = at;
  const char c = peek(at, end);
  if (c == '{' || c == '[') {
    at = walker_.walk(at, end, Checker{json_token::StringEnds(at, end)});
    if (field == nullptr || at == nullptr) return at;
    field->kind = JsonField::Kind::kContainer;
    field->text = {begin, static_cast<std::size_t>(at - begin)};
    return at;
  }
  if (field != nullptr) {
    field->kind = c == 'n' ? JsonField::Kind::kNull : JsonField::Kind::kBool;
    field->boolean = c == 't';
  }
  switch (c) {
    case 'n':
      return json_token::read_literal(at, end, "null");
    case 't':
      return json_token::read_literal(at, end, "true");
    case 'f':
      return json_token::read_literal(at, end, "false");
    default:
      return nullptr;
  }
}

inline const char* JsonScanner::read_value(const char* at, const char* end, JsonField* field,
                                           json_token::StringEnds& ends, Arena& arena) {
  const char* const begin = at;
  const char c = peek(at, end);
  if (c == '"') {
    if (field == nullptr) return json_token::skip_string(at + 1, end, ends);
    field->kind = JsonField::Kind::kString;
    return json_token::read_string(at + 1, end, ends, arena, field->text);
  }
  if (!json_token::begins_number(c)) return read_other(at, end, field);
  if (field == nullptr) return json_token::read_number(at, end, nullptr);
  field->kind = JsonField::Kind::kNumber;
  at = json_token::read_number(at, end, &field->number);
  if (at != nullptr) field->text = {begin, static_cast<std::size_t>(at - begin)};
  return at;
}

// The same grammar as walk_document(), written out: with `ends` in registers and nothing called for
// the common tokens this takes two thirds of the time.
JsonDocument JsonScanner::scan(std::string_view document, Arena& arena) {
  for (JsonField& field : fields_) field.kind = JsonField::Kind::kMissing;
  constexpr JsonDocument kMalformed = JsonDocument::kMalformed;
  static constexpr char kNullKey[kTextPadding] = {};
  const char* const end = document.data() + document.size();
  const char* at = skip_whitespace(document.data(), end);
  if (peek(at, end) != '{') {
    at = json_token::read_literal(at, end, "null");
    return at != nullptr && json_token::is_document_end(at, end) ? JsonDocument::kNull : kMalformed;
  }
  at = skip_whitespace(at + 1, end);
  if (peek(at, end) == '}') {
    return json_token::is_document_end(at + 1, end) ? JsonDocument::kObject : kMalformed;
  }
  json_token::StringEnds ends(at, end);
  for (;;) {
    std::string_view key;
    if (peek(at, end) == '"') [[likely]] {
      at = json_token::read_string(at + 1, end, ends, arena, key);
    } else {
      at = json_token::read_literal(at, end, "null");
      key = {kNullKey, 0};  // NOLINT(bugprone-string-constructor): known by where it points to
    }
    if (at == nullptr) return kMalformed;
    JsonField* const field = find(key);
    at = json_token::skip_colon(at, end);
    if (at == nullptr) return kMalformed;
    at = read_value(at, end, field, ends, arena);
    if (at == nullptr) return kMalformed;
    at = skip_whitespace(at, end);
    const char separator = peek(at, end);
    if (separator == '}') {
      return json_token::is_document_end(at + 1, end) ? JsonDocument::kObject : kMalformed;
    }
    if (separator != ',') return kMalformed;
    at = skip_whitespace(at + 1, end);
  }
}

}  // namespace lokitail::pipeline::lang
