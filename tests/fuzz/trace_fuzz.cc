// Any bytes through pipelines that are watched: the same comes out as without watching, each line
// is accounted for, and a trace is always JSON. The first byte chooses the pipeline.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "agent/command/passage_text.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/trace_json.h"
#include "pipeline/traced_pipeline.h"
#include "tests/unit/pipeline/support.h"

namespace {

using namespace lokitail::pipeline;

constexpr std::array<std::string_view, 4> kPipelines = {
    R"(
- cri: {max_partial_lines: 2}
- match: {selector: '{stream="stdout"}', stages: [{multiline: {firstline: '^\d', max_lines: 3}}]}
- drop: {longer_than: 20}
)",
    R"(
- docker: {join_partial_lines: true}
- multiline: {firstline: '^\['}
- regex: {expression: '(?P<word>\pL+)'}
- labels: {word: }
)",
    R"(
- json: {expressions: {level: , msg: , all: '@'}, drop_malformed: true}
- labels: {level: }
- match: {selector: '{level=~".+"} |= "a"', action: drop}
- structured_metadata: {msg: }
- output: {source: all}
)",
    R"(
- match:
    selector: '{job="t"}'
    stages:
    - multiline: {firstline: '^a'}
    - match: {selector: '{job="t"} |= "b"', stages: [{multiline: {firstline: '^ab'}}, {pack: {}}]}
- replace: {expression: '(\d+)', replace: '<{{ .Value }}>'}
)",
};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stages = kPipelines[data[0] % kPipelines.size()];
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    lines.emplace_back(line);
  }

  std::vector<Snapshot> results;
  std::set<std::size_t> seen;
  lokitail::config::Warnings warnings;
  TracedPipeline traced(
      lokitail::config::Node::parse(stages, "t"), {{"job", "t"}}, test::kReadTime, warnings,
      [&](const Passage& passage) {
        seen.insert(passage.lines.begin(), passage.lines.end());
        std::string document;
        append_json(document, passage);
        Arena arena;
        require(lang::parse_strict_json(document, arena).has_value());
        require(!lokitail::agent::passage_text(passage, lokitail::agent::Painter(true)).empty());
        if (passage.result) results.push_back(*passage.result);
      });
  for (const std::string& line : lines) traced.push(line);
  traced.drain();

  const std::vector<test::Collected> expected = test::run_pipeline(stages, lines);
  require(results.size() == expected.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    require(results[i].line == expected[i].line);
    require(results[i].labels == expected[i].labels);
    require(results[i].timestamp == expected[i].timestamp);
  }
  require(seen.size() == lines.size());
  return 0;
}
