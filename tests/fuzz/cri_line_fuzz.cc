// The cri stage against the stages that it stands for: whatever the bytes, a line that is not
// partial and joins none must come to the same entry. No byte of a partial line may get lost.
#include <algorithm>
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
- regex:
    expression: '^(?s)(?P<time>\S+?) (?P<stream>stdout|stderr) (?P<flags>\S+?) (?P<content>.*)$'
- labels: {stream: }
- timestamp: {source: time, format: RFC3339Nano}
- output: {source: content}
- output: {source: tags}
)";

void require(bool holds, const char* what, std::string_view line) {
  if (holds) return;
  std::cerr << "cri: " << what << ": " << line << std::endl;
  std::abort();
}

bool is_partial(const Collected& entry) {
  const auto flags = entry.extracted.find("flags");
  return flags != entry.extracted.end() && flags->second == "P";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  PipelineRunner cri("- cri: {max_partial_lines: 2}");
  PipelineRunner equivalent(kEquivalent);
  std::size_t bytes = 0;
  bool partial_before = false;
  while (!text.empty()) {
    // Not '\n', which may be in a line.
    const std::string_view line = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    cri.push(line);
    equivalent.push(line);
    const Collected& want = equivalent.entries().back();
    bytes += want.line.size();
    partial_before = partial_before || is_partial(want);
    if (partial_before) continue;
    require(cri.entries().size() == equivalent.entries().size(), "entries differ", line);
    const Collected& got = cri.entries().back();
    require(got.line == want.line, "line differs", line);
    require(got.timestamp == want.timestamp, "timestamp differs", line);
    require(got.labels == want.labels, "labels differ", line);
    require(got.extracted == want.extracted, "extracted values differ", line);
  }
  // Its log does not go on.
  cri.tick(lokitail::pipeline::test::kReadTime);
  cri.tick(lokitail::pipeline::test::kReadTime.plus_seconds(3600));
  require(cri.unsettled() == 0, "a line was kept for ever", {});
  for (const Collected& entry : cri.entries()) bytes -= entry.line.size();
  require(bytes == 0, "bytes were lost or made", {});
  return 0;
}
