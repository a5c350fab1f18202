#include "pipeline/flow/stage_flow.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "pipeline/flow/flow_reader.h"

namespace lokitail::pipeline {
namespace flow {

Reader cardinality_guard, cri, decolorize, dedupe, docker, drop, eventlogmessage, geoip, go_template, json,
    labelallow, labeldrop, labels, limit, logfmt, match, metrics, multiline, output, pack, redact, regex,
    replace, sampling, static_labels, structured_metadata, tenant, throttle, timestamp, truncate;

}  // namespace flow

namespace {

struct Row {
  std::string_view stage;
  flow::Reader* read;
};

constexpr std::array kRows = {
    Row{"cardinality_guard", flow::cardinality_guard},
    Row{"cri", flow::cri},
    Row{"decolorize", flow::decolorize},
    Row{"dedupe", flow::dedupe},
    Row{"docker", flow::docker},
    Row{"drop", flow::drop},
    Row{"eventlogmessage", flow::eventlogmessage},
    Row{"geoip", flow::geoip},
    Row{"json", flow::json},
    Row{"labelallow", flow::labelallow},
    Row{"labeldrop", flow::labeldrop},
    Row{"labels", flow::labels},
    Row{"limit", flow::limit},
    Row{"logfmt", flow::logfmt},
    Row{"match", flow::match},
    Row{"metrics", flow::metrics},
    Row{"multiline", flow::multiline},
    Row{"non_indexed_labels", flow::structured_metadata},
    Row{"output", flow::output},
    Row{"pack", flow::pack},
    Row{"redact", flow::redact},
    Row{"regex", flow::regex},
    Row{"replace", flow::replace},
    Row{"sampling", flow::sampling},
    Row{"static_labels", flow::static_labels},
    Row{"structured_metadata", flow::structured_metadata},
    Row{"template", flow::go_template},
    Row{"tenant", flow::tenant},
    Row{"throttle", flow::throttle},
    Row{"timestamp", flow::timestamp},
    Row{"truncate", flow::truncate},
};

static_assert(std::ranges::adjacent_find(kRows, std::ranges::greater_equal{}, &Row::stage) ==
                  std::ranges::end(kRows),
              "sorted by name, no name twice");

}  // namespace

std::optional<StageFlow> stage_flow(const config::Node& item) {
  if (item.entries().size() != 1) return std::nullopt;
  const auto& [key, body] = item.entries().front();
  StageFlow result;
  result.stage = key.text();
  result.place = key.place();
  result.body = body;
  const auto row = std::ranges::find(kRows, std::string_view(result.stage), &Row::stage);
  if (row == kRows.end()) {
    result.is_known = false;
    result.reads_all = result.sets_unknown = true;
    result.sets_line = result.sets_time = true;
  } else {
    row->read(body, result);
  }
  return result;
}

std::vector<std::string_view> stages_with_flow() {
  std::vector<std::string_view> names;
  std::ranges::transform(kRows, std::back_inserter(names), &Row::stage);
  return names;
}

}  // namespace lokitail::pipeline
