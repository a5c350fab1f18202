// The docker stage against the stages that it stands for: whatever the bytes, both must come to the
// same entry. With join_partial_lines no byte of a record may get lost.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/unit/pipeline/support.h"

namespace {

using lokitail::pipeline::test::Collected;
using lokitail::pipeline::test::PipelineRunner;

constexpr std::string_view kEquivalent = R"(
- json: {expressions: {output: log, stream: stream, timestamp: time}}
- labels: {stream: }
- timestamp: {source: timestamp, format: RFC3339Nano}
- output: {source: output}
)";

// Few enough that the joined line never reaches the stage's bound.
constexpr std::size_t kMaxBytes = 64 * 1024;

void require(bool holds, const char* what, std::string_view line) {
  if (holds) return;
  std::cerr << "docker: " << what << ": " << line << std::endl;
  std::abort();
}

void require_equal(const Collected& a, const Collected& b, std::string_view line) {
  require(a.line == b.line, "line differs", line);
  require(a.timestamp == b.timestamp, "timestamp differs", line);
  require(a.labels == b.labels, "labels differ", line);
  require(a.extracted == b.extracted, "extracted values differ", line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxBytes) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  PipelineRunner docker("- docker:");
  PipelineRunner equivalent(kEquivalent);
  PipelineRunner joining("- docker: {join_partial_lines: true}");
  std::size_t bytes = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    docker.push(line);
    equivalent.push(line);
    joining.push(line);
    require(docker.entries().size() == equivalent.entries().size(), "entries differ", line);
    require_equal(docker.entries().back(), equivalent.entries().back(), line);
    bytes += docker.entries().back().line.size();
  }
  joining.drain();
  require(joining.unsettled() == 0, "a line was kept for ever", {});
  for (const Collected& entry : joining.entries()) bytes -= entry.line.size();
  require(bytes == 0, "joining changed the number of bytes", {});
  return 0;
}
