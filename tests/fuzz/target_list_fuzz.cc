// Arbitrary text as a file of targets.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/discovery/file_sd.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& labels : lokitail::agent::read_target_list(text, "f")) {
      if (!labels.contains("__address__")) std::abort();
    }
  } catch (const lokitail::config::Error&) {
  }
  return 0;
}
