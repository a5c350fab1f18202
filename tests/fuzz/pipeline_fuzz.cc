// Any bytes through pipelines as users write them. The first byte chooses the pipeline.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/unit/pipeline/support.h"

namespace {

using lokitail::pipeline::test::Collected;
using lokitail::pipeline::test::PipelineRunner;

constexpr std::array<std::string_view, 4> kPipelines = {
    R"(
- docker:
- json: {expressions: {level: , msg: , ts: time, id: trace.id, first: 'list[0]', all: '@'}}
- labels: {level: , id: }
- timestamp: {source: ts, format: RFC3339Nano, fallback_formats: [UnixMs]}
- output: {source: msg}
)",
    R"(
- regex: {expression: '^(?P<ip>\S+) (?P<rest>.*?)(?: (?P<code>\d{3}))?$'}
- regex: {expression: '(?P<word>\pL+)', source: rest}
- labels: {ip: , code: , word: }
- static_labels: {env: prod}
- labeldrop: [ip]
- output: {source: rest}
)",
    R"(
- replace: {expression: '(\d+)', replace: '<{{ .Value }}>'}
- template: {source: up, template: '{{ ToUpper .Entry | trunc 80 }}'}
- labels: {up: }
- output: {source: up}
- labelallow: [up]
)",
    R"(
- json: {expressions: {a: , b: 'a.b[*].c', c: 'length(a)'}, drop_malformed: true}
- template: {source: t, template: '{{ .a }}/{{ if .b }}{{ .b }}{{ else }}-{{ end }}'}
- timestamp: {source: a, format: 'Jan _2 15:04:05', action_on_failure: skip}
- output: {source: t}
- docker: {join_partial_lines: true}
)",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  PipelineRunner runner(kPipelines[data[0] % kPipelines.size()]);
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::size_t lines = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    runner.push(line);
    ++lines;
  }
  runner.drain();
  if (runner.unsettled() != 0 || runner.entries().size() > lines) std::abort();
  return 0;
}
