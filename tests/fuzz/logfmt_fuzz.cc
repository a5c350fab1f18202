// Any bytes through the logfmt scanner. What it finds, written out anew, must be found again.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/lang/logfmt.h"
#include "pipeline/utf8.h"

namespace {

using lokitail::pipeline::Arena;
using lokitail::pipeline::lang::LogfmtScanner;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::cerr << "logfmt: " << what << ": " << text << std::endl;
  std::abort();
}

Pairs scan(std::string_view text, bool& failed) {
  Arena arena;
  LogfmtScanner scanner(text);
  Pairs pairs;
  while (scanner.next(arena)) pairs.emplace_back(scanner.key(), scanner.value());
  failed = scanner.failed();
  require(!scanner.next(arena), "goes on behind its end", text);
  return pairs;
}

// With every value in quotes and an escape in every value, where that does not change it.
std::string write(const Pairs& pairs) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (!lokitail::pipeline::is_utf8(value)) continue;
    out += key + "=\"";
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < ' ') {
        ((out += "\\u00") += kHex[byte >> 4]) += kHex[byte & 15];
      } else if (c == '"' || c == '\\' || c == '/') {
        (out += '\\') += c;
      } else {
        out += c;
      }
    }
    out += "\" ";
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool failed = false;
  Pairs pairs = scan(text, failed);
  for (const auto& [key, value] : pairs) {
    require(!key.empty() && lokitail::pipeline::is_utf8(key), "bad key", text);
    require(key.find_first_of("=\" \n") == std::string::npos, "key goes too far", text);
  }
  std::erase_if(pairs, [](const auto& pair) { return !lokitail::pipeline::is_utf8(pair.second); });
  const Pairs again = scan(write(pairs), failed);
  require(!failed && again == pairs, "differs when written anew", text);
  return 0;
}
