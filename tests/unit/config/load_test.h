// Shared by the tests of loading: a configuration that works, to be changed by each test.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace lokitail::config {

inline const std::string kClients = "clients: [{url: http://loki:3100/loki/api/v1/push}]\n";

inline Config load_good(const std::string& text) {
  Warnings warnings;
  return load(text, "f", warnings);
}

// The message of the error that loading ends with, or "no error".
inline std::string load_error(const std::string& text) {
  Warnings warnings;
  try {
    load(text, "f", warnings);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline std::vector<std::string> load_warnings(const std::string& text) {
  Warnings warnings;
  load(text, "f", warnings);
  return warnings.texts();
}

struct ErrorRow {
  const char* what;
  std::string text;
  std::string want;
};

}  // namespace lokitail::config
