// Any bytes as a selector: the text up to the first NUL; what is behind it is a line to match.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "pipeline/lang/selector.h"

namespace {

using lokitail::pipeline::Labels;
using lokitail::pipeline::SymbolTable;
using lokitail::pipeline::lang::Selector;

// Enough for every rule of the grammar; longer regular expressions only cost time.
constexpr std::size_t kMostBytes = 2'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMostBytes) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\0'));
  const std::string_view line = input.substr(std::min(text.size() + 1, size));
  SymbolTable symbols;
  Labels labels;
  labels.set(symbols.intern("app"), "web");
  try {
    Selector selector(text, symbols);
    if (text.find('{') == std::string_view::npos || text.find('"') == std::string_view::npos) {
      std::abort();
    }
    const bool first = selector.matches(labels, line);
    if (selector.matches(labels, line) != first) std::abort();
    selector.matches({}, line);
  } catch (const std::invalid_argument& error) {
    if (!std::string_view(error.what()).starts_with("parse error at line ")) std::abort();
  }
  return 0;
}
