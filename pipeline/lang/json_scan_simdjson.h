// Scans JSON objects with simdjson: it finds all tokens of the document at once with the widest
// vectors that the machine has, and the members are then gone through token by token.
//
// simdjson is stricter than json-iterator (UTF-8, control characters), so it only ever says "this
// is an object, and here are its members". Whatever it refuses is for the other scan to decide.
//
// Threads: belongs to one scanner.
#pragma once

#include <memory>
#include <string_view>

#include "pipeline/arena.h"

namespace lokitail::pipeline::lang {

class JsonScanner;

class JsonScanSimdjson {
 public:
  // nullptr if this machine has no vectors, or if the environment variable LOKITAIL_SIMD is
  // "fallback"; the other scan is then the faster one. The variable may also name one of simdjson's
  // implementations: westmere, haswell, icelake, arm64.
  static std::unique_ptr<JsonScanSimdjson> make();
  ~JsonScanSimdjson();

  // False if it cannot tell; the fields then mean nothing.
  bool scan(std::string_view document, JsonScanner& scanner, Arena& arena);

 private:
  class Members;
  struct Parser;
  JsonScanSimdjson();

  std::unique_ptr<Parser> parser_;
};

// Which scan is in use: "fallback", or simdjson's name of its implementation.
std::string_view json_scan_implementation();

}  // namespace lokitail::pipeline::lang
