// Whatever is parsed can be written, and read again as what was written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"

namespace {

using namespace lokitail::pipeline;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string print(const lang::JsonValue& value, lang::JsonStyle style) {
  std::string text;
  require(lang::print_json(text, value, style));
  return text;
}

std::string print_again(const std::string& text, lang::JsonStyle style, Arena& arena) {
  const auto value = lang::parse_strict_json(text, arena);
  require(value.has_value());
  require(deep_equal(*value, *value));
  return print(*value, style);
}

// From the second time on nothing changes. The first time, bytes that are no UTF-8 become U+FFFD.
void check_round_trip(const lang::JsonValue& value, Arena& arena) {
  for (const auto style : {lang::JsonStyle::kJsonIterator, lang::JsonStyle::kEncodingJson}) {
    const std::string once = print_again(print(value, style), style, arena);
    require(print_again(once, style, arena) == once);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::make_unique<char[]>(size + kTextPadding);
  if (size > 0) std::memcpy(bytes.get(), data, size);
  std::memset(bytes.get() + size, '}', kTextPadding);
  const std::string_view document(bytes.get(), size);

  Arena arena;
  const auto lenient = lang::JsonParser().parse_document(document, arena);
  if (lenient) check_round_trip(*lenient, arena);
  const auto strict = lang::parse_strict_json(document, arena);
  if (strict) check_round_trip(*strict, arena);
  // What is strictly JSON, and an object, is good for the lenient parser too.
  if (strict && strict->is_object()) require(lenient.has_value());
  return 0;
}
