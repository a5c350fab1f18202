// The grammar of JSON, as json-iterator has it: takes text apart and tells a handler.
//
// A handler has
//   const char* string(const char* at, const char* end);  // takes it, as json_token.h says
//   const char* number(const char* at, const char* end);
//   void boolean(bool value);
//   void null();
//   void begin(bool object);
//   void end(bool object);
//   const char* key(const char* at, const char* end);  // as string(); its value follows
//   void null_key();                                   // `null` in place of a key: it is ""
// The positions that it is given never go backwards.
//
// Threads: a JsonWalker belongs to one thread.
// Errors:  malformed text gives nullptr or kMalformed; the handler has then been told of a part.
// Limits:  values nested deeper than 10000 are malformed, as for json-iterator. No recursion.
// Source:  github.com/json-iterator/go 1.1.12: mapDecoder (the document), and Iterator.Read,
//          ReadArrayCB and ReadMapCB (values inside of it).
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

#include "pipeline/lang/json_token.h"

namespace lokitail::pipeline::lang {

// What a document is for Promtail: only an object or null will do.
enum class JsonDocument { kObject, kNull, kMalformed };

// Takes a document apart into its members, of which handler.value(at, end) takes each value whole
// (a JsonWalker helps). Of the functions above it calls key() and null_key(). REQUIRES kTextPadding
// readable bytes behind the text.
template <typename Handler>
JsonDocument walk_document(std::string_view document, Handler&& handler);

class JsonWalker {
 public:
  static constexpr std::size_t kMaxDepth = 10000;

  // Takes the value at `at`, which is no whitespace.
  template <typename Handler>
  const char* walk(const char* at, const char* end, Handler&& handler) {
    depth_ = 0;
    for (;;) {
      at = take_value(at, end, handler);
      if (at == nullptr) return nullptr;
      at = take_ends(at, end, handler);
      if (at == nullptr || depth_ == 0) return at;
    }
  }

 private:
  // Takes a scalar or an empty container whole, and of others everything up to their first scalar
  // or empty container.
  template <typename Handler>
  const char* take_value(const char* at, const char* end, Handler& handler) {
    for (;;) {
      const char c = json_token::peek(at, end);
      switch (c) {
        case '"':
          return handler.string(at + 1, end);
        case 't':
          return handler.boolean(true), json_token::read_literal(at, end, "true");
        case 'f':
          return handler.boolean(false), json_token::read_literal(at, end, "false");
        case 'n':
          return handler.null(), json_token::read_literal(at, end, "null");
        case '{':
        case '[': {
          const bool object = c == '{';
          if (depth_ == kMaxDepth) return nullptr;
          handler.begin(object);
          at = json_token::skip_whitespace(at + 1, end);
          if (json_token::peek(at, end) == (object ? '}' : ']')) {
            handler.end(object);
            return at + 1;
          }
          is_object_[depth_++] = object;
          if (!object) break;
          // Unlike a document's, the first key has to be a string.
          if (json_token::peek(at, end) != '"') return nullptr;
          at = take_key(at, end, handler);
          if (at == nullptr) return nullptr;
          break;
        }
        default:
          return json_token::begins_number(c) ? handler.number(at, end) : nullptr;
      }
    }
  }

  // Behind a value: closes containers, and goes to the next value of the innermost one still open.
  template <typename Handler>
  const char* take_ends(const char* at, const char* end, Handler& handler) {
    while (depth_ > 0) {
      const bool object = is_object_[depth_ - 1];
      at = json_token::skip_whitespace(at, end);
      const char c = json_token::peek(at, end);
      if (c == ',') {
        at = json_token::skip_whitespace(at + 1, end);
        return object ? take_key(at, end, handler) : at;
      }
      if (c != (object ? '}' : ']')) return nullptr;
      handler.end(object);
      ++at;
      --depth_;
    }
    return at;
  }

  // Takes a key with its colon and answers where the value begins.
  template <typename Handler>
  static const char* take_key(const char* at, const char* end, Handler& handler) {
    if (json_token::peek(at, end) == '"') {
      at = handler.key(at + 1, end);
    } else {
      handler.null_key();
      at = json_token::read_literal(at, end, "null");
    }
    return at == nullptr ? nullptr : json_token::skip_colon(at, end);
  }

  template <typename Handler>
  friend JsonDocument walk_document(std::string_view document, Handler&& handler);

  std::size_t depth_ = 0;               // containers that are open
  std::bitset<kMaxDepth> is_object_{};  // of each of them, the outermost first
};

template <typename Handler>
JsonDocument walk_document(std::string_view document, Handler&& handler) {
  using json_token::peek;
  using json_token::skip_whitespace;
  const auto finish = [](const char* at, const char* end, JsonDocument result) {
    const bool complete = at != nullptr && json_token::is_document_end(at, end);
    return complete ? result : JsonDocument::kMalformed;
  };
  const char* const end = document.data() + document.size();
  const char* at = skip_whitespace(document.data(), end);
  if (peek(at, end) == 'n') {
    return finish(json_token::read_literal(at, end, "null"), end, JsonDocument::kNull);
  }
  if (peek(at, end) != '{') return JsonDocument::kMalformed;
  at = skip_whitespace(at + 1, end);
  if (peek(at, end) == '}') return finish(at + 1, end, JsonDocument::kObject);
  for (;;) {
    at = JsonWalker::take_key(at, end, handler);
    if (at == nullptr) return JsonDocument::kMalformed;
    at = handler.value(at, end);
    if (at == nullptr) return JsonDocument::kMalformed;
    at = skip_whitespace(at, end);
    const char c = peek(at, end);
    if (c == '}') return finish(at + 1, end, JsonDocument::kObject);
    if (c != ',') return JsonDocument::kMalformed;
    at = skip_whitespace(at + 1, end);
  }
}

}  // namespace lokitail::pipeline::lang
