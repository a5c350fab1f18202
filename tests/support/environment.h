// Settings of a test run, from environment variables.
#pragma once

#include <cstdlib>

namespace lokitail::test {

inline unsigned long from_environment(const char* name, unsigned long fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoul(text, nullptr, 10);
}

}  // namespace lokitail::test
