// Any bytes through pipelines as users write them. The first byte chooses the pipeline.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/unit/pipeline/support.h"

namespace {

using lokitail::pipeline::test::Collected;
using lokitail::pipeline::test::PipelineRunner;

constexpr std::array<std::string_view, 5> kPipelines = {
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
    R"(
- logfmt: {mapping: {app: , v: , took: }}
- labels: {app: , __app: v}
- metrics:
    lines: {type: counter, config: {match_all: true, action: inc}}
    sum: {type: counter, source: v, config: {action: add}}
    last: {type: gauge, source: v, config: {action: set}}
    took: {type: histogram, config: {buckets: [-1, 0, 1]}}
- limit: {rate: 1, burst: 1, drop: true, by_label_name: app}
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
  // Pieces of lines go on when their logs do not.
  runner.tick(lokitail::pipeline::test::kReadTime);
  runner.tick(lokitail::pipeline::test::kReadTime.plus_seconds(3600));
  runner.drain();
  runner.exposed();
  if (runner.unsettled() != 0 || runner.entries().size() > lines) std::abort();
  return 0;
}
