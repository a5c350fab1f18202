// The names of character encodings that `encoding:` takes.
//
// Threads: pure functions; any thread.
// Source:  the IANA's registry, as far as Promtail's library (golang.org/x/text) can read it.
#pragma once

#include <span>
#include <string_view>

namespace lokitail::config {

struct TextEncoding {
  std::string_view name;  // in lower case
  const char* iconv;      // what glibc's iconv(3) calls it
};

// Letter case does not matter. nullptr for a name that is not known.
const TextEncoding* find_text_encoding(std::string_view name);

std::span<const std::string_view> text_encoding_names();

}  // namespace lokitail::config
