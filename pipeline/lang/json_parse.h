// Parses JSON into a tree of values.
//
// Threads:   a parser belongs to one thread.
// Ownership: trees live in the arena, and their texts without escapes in the document: both have
//            to outlive them. REQUIRES kTextPadding readable bytes behind a document.
// Errors:    malformed text is an answer, not an exception. Depth is bounded (json_walk.h), memory
//            by a multiple of the document's size.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/json_value.h"
#include "pipeline/lang/json_walk.h"

namespace lokitail::pipeline::lang {

class JsonParser {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max() - 1;

  JsonParser() = default;
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // A document as Promtail takes it: an object, or null, which gives
  // JsonValue::null_document(). Nothing for malformed text and everything else, and for more values than
  // `most_values`: each takes up to 33 times the memory of its text.
  std::optional<JsonValue> parse_document(std::string_view document, Arena& arena,
                                          std::size_t most_values = kUnlimited);
  // Whether the latest document had too many.
  bool had_too_many_values() const { return values_left_ == 0; }

  // Any value, with the same tolerance, but for whitespace around it: there may be none.
  std::optional<JsonValue> parse_value(std::string_view text, Arena& arena);

 private:
  class Builder;
  struct Open {
    bool object;
    std::size_t begin;  // its first member in pending_
  };

  JsonWalker walker_;
  std::size_t values_left_ = kUnlimited;  // 0: no more values are kept
  // Empty between documents; kept for their memory.
  std::vector<JsonMember> pending_;  // of all containers that are open; items have no key
  std::vector<Open> open_;           // these containers, the outermost first
  std::vector<JsonValue> items_;
};

// A JSON text as Go's encoding/json takes it, which is what JMESPath expressions hold: stricter
// than the documents, and texts that are no UTF-8 are mended. Needs no padding. The value owns
// nothing: it lives in the arena.
std::optional<JsonValue> parse_strict_json(std::string_view text, Arena& arena);

}  // namespace lokitail::pipeline::lang
