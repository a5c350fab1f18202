// Arbitrary bytes as a file in every encoding: all of it comes out, line by line, as valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/source/file/line_encoding.h"
#include "config/text_encoding.h"
#include "config/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail;
  if (size == 0) return 0;
  const auto names = config::text_encoding_names();
  agent::LineEncoding encoding(names[data[0] % names.size()]);
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  encoding.begin(text.substr(0, 2), true);
  while (const char* const end = encoding.first_end(text, true)) {
    const auto line_size = static_cast<std::size_t>(end + 1 - text.data());
    if (!config::is_utf8(encoding.decode(text.substr(0, line_size), 64))) std::abort();
    text.remove_prefix(line_size);
  }
  if (!config::is_utf8(encoding.decode(text, 64))) std::abort();
  return 0;
}
