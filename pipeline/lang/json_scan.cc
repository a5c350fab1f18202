#include "pipeline/lang/json_scan.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pipeline/lang/json_block.h"
#include "pipeline/lang/json_token.h"

namespace lokitail::pipeline::lang {
namespace {

using json_token::copy_blocks;
using json_token::peek;
using json_token::skip_whitespace;

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

// A value that is neither a string nor a number.
const char* read_other(const char* at, const char* end, JsonField* field, JsonWalker& walker) {
  const char* const begin = at;
  const char c = peek(at, end);
  if (c == '{' || c == '[') {
    at = walker.walk(at, end, Checker{json_token::StringEnds(at, end)});
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

// Once for each kind of processor.
// NOLINTBEGIN(readability-duplicate-include)

namespace any {
using json_block::any::Block;
#include "pipeline/lang/json_unescape_steps.inc"

#include "pipeline/lang/json_scan.inc"
}  // namespace any

#if defined(__x86_64__)

LOKITAIL_CODE_FOR_V2
namespace v2 {
using json_block::any::Block;
#include "pipeline/lang/json_unescape_shuffle.inc"

#include "pipeline/lang/json_scan.inc"
}  // namespace v2
LOKITAIL_CODE_END

LOKITAIL_CODE_FOR_V3
namespace v3 {
using json_block::v3::Block;
#include "pipeline/lang/json_unescape_shuffle.inc"

#include "pipeline/lang/json_scan.inc"
}  // namespace v3
LOKITAIL_CODE_END

LOKITAIL_CODE_FOR_V4
namespace v4 {
using json_block::v4::Block;
#include "pipeline/lang/json_unescape_shuffle.inc"

#include "pipeline/lang/json_scan.inc"
}  // namespace v4
LOKITAIL_CODE_END

#endif

// NOLINTEND(readability-duplicate-include)

}  // namespace

JsonMembers::JsonMembers(std::vector<std::string> keys) : texts_(std::move(keys)), fields_(texts_.size()) {
  for (const std::string& text : texts_) {
    Key key{0, 0, text};
    const std::size_t size = std::min(text.size(), sizeof key.head);
    std::memcpy(&key.head, text.data(), size);
    std::memset(&key.head_mask, 0xFF, size);
    keys_.push_back(key);
    sizes_ |= size_bit(text.size());
  }
}

JsonScanner::JsonScanner(std::vector<std::string> keys, Processor processor)
    : members_(std::move(keys)), scan_(scan_for(processor)) {}

JsonScanner::Scan JsonScanner::scan_for([[maybe_unused]] Processor processor) {
#if defined(__x86_64__)
  if (processor >= Processor::kV4) return v4::scan;
  if (processor >= Processor::kV3) return v3::scan;
  if (processor >= Processor::kV2) return v2::scan;
#endif
  return any::scan;
}

}  // namespace lokitail::pipeline::lang
