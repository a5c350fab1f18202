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
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/json_walk.h"
#include "pipeline/processor.h"

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

// The members that are wanted, and what was found of them.
class JsonMembers {
 public:
  explicit JsonMembers(std::vector<std::string> keys);
  JsonMembers(const JsonMembers&) = delete;
  JsonMembers& operator=(const JsonMembers&) = delete;

  void forget() {
    for (JsonField& field : fields_) field.kind = JsonField::Kind::kMissing;
  }

  // Where the value of `key` belongs; nullptr where it is not wanted. REQUIRES eight readable bytes, whatever the key's
  // size.
  JsonField* find(std::string_view key);

  std::span<const JsonField> fields() const { return fields_; }

 private:
  struct Key {
    std::uint64_t head;  // its first eight bytes, 0 behind its end
    std::uint64_t head_mask;
    std::string_view text;
  };

  static std::uint64_t size_bit(std::size_t size) {
    constexpr std::size_t kLastBit = 63;
    return std::uint64_t{1} << (size < kLastBit ? size : kLastBit);
  }

  std::vector<std::string> texts_;
  std::vector<Key> keys_;
  std::uint64_t sizes_ = 0;  // bit n: there is a key of n bytes; the last bit stands for all longer
  std::vector<JsonField> fields_;
};

class JsonScanner {
 public:
  // REQUIRES: no key twice; a processor that the one at hand is.
  explicit JsonScanner(std::vector<std::string> keys, Processor processor = pipeline::processor());
  JsonScanner(const JsonScanner&) = delete;
  JsonScanner& operator=(const JsonScanner&) = delete;

  // Fills in the fields; of a key that comes twice the last one counts. For a malformed document
  // they mean nothing, for null all are missing. REQUIRES kTextPadding readable bytes behind the
  // document.
  JsonDocument scan(std::string_view document, Arena& arena) {
    return scan_(document, members_, walker_, arena);
  }

  // In the order of the keys.
  std::span<const JsonField> fields() const { return members_.fields(); }

 private:
  using Scan = JsonDocument (*)(std::string_view document, JsonMembers& members, JsonWalker& walker,
                                Arena& arena);

  static Scan scan_for(Processor processor);

  JsonMembers members_;
  JsonWalker walker_;
  const Scan scan_;
};

inline JsonField* JsonMembers::find(std::string_view key) {
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

}  // namespace lokitail::pipeline::lang
