// The logs that benchmarks read: what Docker's json-file driver writes for services that log JSON
// with trace identifiers. The same seed makes the same bytes everywhere.
//
// Threads: pure functions on folders. Errors: std::runtime_error where a file cannot be written.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lokitail::bench {

struct CorpusOptions {
  std::uint64_t lines = 540'000;  // altogether
  unsigned containers = 8;
  std::uint64_t seed = 1;
};

struct CorpusSize {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
};

// Writes FOLDER/<64 hex>/<64 hex>-json.log for each container, over what is there.
//
// A line is an envelope {"log": ..., "stream": ..., "time": ...} around an object with level (70 %
// info, 15 % debug, 10 % warn, 5 % error), timestamp, service, trace_id, span_id, message and a few
// more; 473 bytes in the mean. Warnings and errors go to stderr. Each request logs four lines in
// the mean, under one trace_id and in one container, where a few requests run side by side. Times
// go up.
CorpusSize write_corpus(const std::filesystem::path& folder, const CorpusOptions& options);

}  // namespace lokitail::bench
