// What bench_stages measures: pipelines, and what each of them is compared with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/log_lines.h"

namespace lokitail::bench {

// Work on lines without a pipeline, to compare one with.
class Yardstick {
 public:
  virtual ~Yardstick() = default;
  virtual void take(std::string_view line) = 0;
};

using MakeYardstick = std::function<std::unique_ptr<Yardstick>()>;

// A copy of the line.
MakeYardstick copying();
// One scan of the line for these members, by the scanner of the stage json.
MakeYardstick scanning_json(std::vector<std::string> members);
// The same by simdjson's on-demand parser.
MakeYardstick simdjson_on_demand(std::vector<std::string> members);
// One scan of Docker's record and one of the JSON in it.
MakeYardstick scanning_docker_json(std::vector<std::string> members);
// RE2 alone, with this many groups of an expression.
MakeYardstick matching(std::string expression, int groups);

// In a list of what a row makes: the time of entries is no longer when they were read.
inline constexpr std::string_view kTime = "(time)";

// `makes` names labels or extracted values that all entries have at the end, so that nobody
// measures stages that do nothing.

// One stage. Its cost is what `before` and the stage cost together, less what `before` costs alone.
struct StageRow {
  std::string_view name;  // of the stage, with a remark behind a comma
  LogFormat format;
  std::string before;  // stages, as a YAML list
  std::string stage;
  std::vector<std::string_view> makes;
};

struct PipelineRow {
  std::string_view name;
  LogFormat format;
  std::string stages;
  std::vector<std::string_view> makes;
  std::string_view yardstick;  // in words
  MakeYardstick make_yardstick;
};

const std::vector<StageRow>& stage_rows();
const std::vector<PipelineRow>& pipeline_rows();

}  // namespace lokitail::bench
