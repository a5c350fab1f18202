// Both ways to scan and the parser must agree on every document, and read no byte too many.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_scan.h"

namespace {

using namespace lokitail::pipeline;
using Kind = lang::JsonField::Kind;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const lang::JsonField& field, const lang::JsonValue* value, Arena& arena) {
  if (value == nullptr) return field.kind == Kind::kMissing;
  switch (field.kind) {
    case Kind::kMissing:
      return false;
    case Kind::kNull:
      return value->is_null();
    case Kind::kBool:
      return deep_equal(lang::JsonValue(field.boolean), *value);
    case Kind::kNumber:
      return deep_equal(lang::JsonValue(field.number), *value);
    case Kind::kString:
      return deep_equal(lang::JsonValue(field.text), *value);
    case Kind::kContainer:
      break;
  }
  const auto container = lang::JsonParser().parse_value(field.text, arena);
  return container && deep_equal(*container, *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> kKeys = {"a", "log", "", "timestamps"};
  const auto bytes = std::make_unique<char[]>(size + kTextPadding);
  if (size > 0) std::memcpy(bytes.get(), data, size);
  // Padding that would go on with nearly anything.
  std::memset(bytes.get() + size, size % 2 == 0 ? '"' : '1', kTextPadding);
  const std::string_view document(bytes.get(), size);

  Arena arena;
  const auto tree = lang::JsonParser().parse_document(document, arena);
  for (const Processor processor : possible_processors()) {
    lang::JsonScanner scanner(kKeys, processor);
    const lang::JsonDocument found = scanner.scan(document, arena);
    require(tree.has_value() == (found != lang::JsonDocument::kMalformed));
    if (!tree) continue;
    require(tree->prints_null() == (found == lang::JsonDocument::kNull));
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      require(same(scanner.fields()[i], tree->find(kKeys[i]), arena));
    }
  }
  return 0;
}
