// Any bytes as a text to expand. The environment has a few values that are awkward.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/error.h"
#include "config/expand_env.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lokitail::config;
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "A") return "a/b.c";
    if (name == "N") return "-9223372036854775808";
    if (name == "G") return "*[!a-\\]?";
    if (name == "X") return "xxxx";
    return std::nullopt;
  };
  try {
    expand_env({reinterpret_cast<const char*>(data), size}, environment, "fuzz");
  } catch (const Error&) {
  }
  return 0;
}
