// Any bytes as a configuration file: they load or they are refused with an Error, nothing else;
// and what was loaded can be printed and loaded again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/load.h"
#include "config/value.h"

namespace {

using namespace lokitail::config;

// Returns how deep the document is.
size_t walk(const Node& node) {
  size_t below = 0;
  for (const Node& item : node.items()) below = std::max(below, walk(item));
  for (const auto& [key, value] : node.entries()) {
    if (key.type() != Node::Type::kString) std::abort();
    below = std::max(below, walk(value));
  }
  if (node.is_scalar()) {
    try {
      weak_string(node);
      read_text(node);
      read_bytes(node);
      read_duration(node);
    } catch (const Error&) {
    }
  }
  return below + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Warnings warnings;
  std::string printed;
  try {
    if (walk(Node::parse(text, "fuzz")) > Node::kMaxDepth + 1) std::abort();
    printed = to_yaml(load(text, "fuzz", warnings));
  } catch (const Error&) {
    return 0;
  }
  // Bytes that are no UTF-8 do not survive printing.
  if (is_utf8(text)) load(printed, "printed", warnings);
  return 0;
}
