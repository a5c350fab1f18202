// An expression and, behind the first newline, a document to evaluate it on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"

namespace {

using namespace lokitail::pipeline;

void require(bool condition) {
  if (!condition) std::abort();
}

lang::JsonValue follow(lang::JsonValue value, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const lang::JsonValue* const member = value.find(key);
    value = member == nullptr ? lang::JsonValue() : *member;
  }
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongestExpression = 200;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = input.find('\n');
  const std::string_view expression = input.substr(0, newline);
  if (expression.size() > kLongestExpression) return 0;
  try {
    const lang::JmesPath path = lang::JmesPath::compile(expression);
    Arena arena;
    const std::string_view text = newline == input.npos ? "null" : input.substr(newline + 1);
    const auto document = lang::parse_strict_json(text, arena);
    if (!document) return 0;
    const lang::JmesPath::Result result = path.evaluate(*document, arena);
    if (const auto keys = path.plain_path()) {
      require(result.error == nullptr);
      require(deep_equal(result.value, follow(*document, *keys)));
    }
    std::string printed;
    if (result.error == nullptr) {
      print_json(printed, result.value, lang::JsonStyle::kJsonIterator);
    }
  } catch (const lang::JmesPathError& error) {
    require(error.offset() <= expression.size());
  }
  return 0;
}
