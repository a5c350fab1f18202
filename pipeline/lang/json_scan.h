// Takes a few members out of a JSON object, without building a tree: what a json stage does with
// nearly every line.
//
// Threads:   a scanner belongs to one thread.
// Ownership: the texts are views: of the document, or of the arena where escapes had to be undone.
// Errors:    malformed text is an answer. The whole document is checked, also what nobody asked
//            for, exactly as json-iterator does (json_token.h, json_walk.h).
// Cost:      one pass; nothing is allocated but arena text for strings with escapes. With a check of
//            the whole document this is faster than simdjson's on-demand parser (docs/architecture.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/json_walk.h"

namespace lokitail::pipeline::lang {

struct JsonField {
  enum class Kind : std::uint8_t { kMissing, kNull, kBool, kNumber, kString, kContainer };

  Kind kind = Kind::kMissing;
  bool boolean = false;
  double number = 0;
  // kString: without its escapes. kNumber, kContainer: as written. All with kTextPadding readable
  // bytes behind them.
  std::string_view text;
};

class JsonScanner {
 public:
  // REQUIRES: no key twice.
  explicit JsonScanner(std::vector<std::string> keys);
  JsonScanner(const JsonScanner&) = delete;
  JsonScanner& operator=(const JsonScanner&) = delete;

  // Fills in the fields; of a key that comes twice the last one counts. For a malformed document
  // they mean nothing, for null all are missing. REQUIRES kTextPadding readable bytes behind the
  // document.
  JsonDocument scan(std::string_view document, Arena& arena);

  // In the order of the keys.
  std::span<const JsonField> fields() const { return fields_; }

 private:
  struct Key {
    std::uint64_t head;  // its first eight bytes, 0 behind its end
    std::uint64_t head_mask;
    std::string_view text;
  };

  JsonField* find(std::string_view key);
  const char* read_value(const char* at, const char* end, JsonField* field, json_token::StringEnds& ends,
                         Arena& arena);
  const char* read_other(const char* at, const char* end, JsonField* field);

  const std::vector<std::string> texts_;
  std::vector<Key> keys_;
  std::uint64_t sizes_ = 0;  // bit n: there is a key of n bytes; the last bit stands for all longer
  std::vector<JsonField> fields_;
  JsonWalker walker_;
};

}  // namespace lokitail::pipeline::lang
