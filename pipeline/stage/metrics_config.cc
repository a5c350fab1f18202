#include "pipeline/stage/metrics_config.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/metric_text.h"
#include "pipeline/stage/stage_config.h"

namespace lokitail::pipeline {
namespace {

using Strictness = config::Fields::Strictness;

// The default buckets of Prometheus' Go client.
constexpr std::array kDefaultBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10.};

bool read_optional_bool(const config::Node* node) { return node != nullptr && config::read_bool(*node); }

MetricType read_type(const config::Node* node, const config::Node& where) {
  const std::string text = node == nullptr ? "" : config::read_string(*node);
  for (const auto type : {MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram}) {
    if (config::equal_fold(text, to_string(type))) return type;
  }
  const config::Node& place = node == nullptr ? where : *node;
  throw place.error("invalid metric type '" + text +
                    "', metric type must be one of 'counter', 'gauge', or 'histogram'");
}

std::int64_t read_max_idle(const config::Node* node) {
  if (node == nullptr) return std::chrono::seconds(std::chrono::minutes(5)).count();
  const auto idle = config::read_duration_string(*node);
  if (idle < std::chrono::seconds(1)) {
    throw node->error("max_idle_duration less than 1s not allowed");
  }
  return std::chrono::duration_cast<std::chrono::seconds>(idle).count();
}

struct NamedAction {
  std::string_view name;
  MetricAction action;
};
constexpr NamedAction kCounterActions[] = {{"inc", MetricAction::kIncrement}, {"add", MetricAction::kAdd}};
constexpr NamedAction kGaugeActions[] = {{"set", MetricAction::kSet},
                                         {"inc", MetricAction::kIncrement},
                                         {"dec", MetricAction::kDecrement},
                                         {"add", MetricAction::kAdd},
                                         {"sub", MetricAction::kSubtract}};

// `message` says which actions there are, and `where` the error is if there is none.
MetricAction read_action(const config::Node* node, std::span<const NamedAction> actions,
                         const config::Node& where, const char* message) {
  const std::string text = node == nullptr ? "" : config::read_string(*node);
  for (const auto& [name, action] : actions) {
    if (config::equal_fold(text, name)) return action;
  }
  const config::Node& place = node == nullptr ? where : *node;
  throw place.error(message);
}

void read_counter(config::Fields& fields, MetricRule& rule, const config::Node& where,
                  config::Warnings& warnings) {
  rule.action = read_action(fields.find("action"), kCounterActions, where,
                            "counter action must be defined as either `inc` or `add`");
  const config::Node* const match_all = fields.find("match_all");
  rule.every_line = read_optional_bool(match_all);
  const config::Node* const count_bytes = fields.find("count_entry_bytes");
  rule.line_bytes = read_optional_bool(count_bytes);
  if (rule.every_line && rule.value) {
    throw match_all->error(
        "`match_all: true` cannot be combined with `value`, please remove `match_all` or `value`");
  }
  if (rule.line_bytes && !rule.every_line) {
    throw count_bytes->error("`count_entry_bytes: true` can only be set with `match_all: true`");
  }
  if (rule.line_bytes && rule.action != MetricAction::kAdd) {
    throw count_bytes->error("`count_entry_bytes: true` can only be used with `action: add`");
  }
  if (rule.every_line && !rule.line_bytes && rule.action == MetricAction::kAdd) {
    warnings.add(match_all->place(),
                 "metrics stage: `match_all: true` with `action: add` has nothing to add and never "
                 "counts; is `count_entry_bytes: true` missing?");
  }
}

std::vector<double> read_buckets(const config::Node* node) {
  if (node != nullptr && !node->is_sequence()) {
    throw node->error("expected a list of numbers, found " + node->describe());
  }
  std::vector<double> buckets;
  if (node != nullptr) {
    for (const config::Node& item : node->items()) {
      const double bound = config::read_float(item);
      if (std::isnan(bound) || (!buckets.empty() && bound <= buckets.back())) {
        throw item.error("histogram buckets must be rising: " + item.text() +
                         " does not exceed the one before");
      }
      buckets.push_back(bound);
    }
  }
  if (buckets.empty()) buckets.assign(kDefaultBuckets.begin(), kDefaultBuckets.end());
  // It is there anyway.
  if (buckets.back() == std::numeric_limits<double>::infinity()) buckets.pop_back();
  return buckets;
}

// `body` is the metric's `config`, null where there is none.
void read_type_config(const config::Node& body, const config::Node& where, MetricRule& rule,
                      config::Warnings& warnings) {
  const std::string what(to_string(rule.metric.type));
  config::Fields fields(body, what + " config", Strictness::kWarnUnknown, warnings);
  if (const config::Node* const value = fields.find("value")) {
    rule.value = config::read_string(*value);
  }
  switch (rule.metric.type) {
    case MetricType::kCounter:
      read_counter(fields, rule, where, warnings);
      break;
    case MetricType::kGauge:
      rule.action = read_action(fields.find("action"), kGaugeActions, where,
                                "gauge action must be defined as `set`, `inc`, `dec`, `add`, or `sub`");
      break;
    case MetricType::kHistogram:
      rule.action = MetricAction::kObserve;
      rule.metric.buckets = read_buckets(fields.find("buckets"));
      break;
  }
  fields.finish();
}

}  // namespace

MetricRule read_metric(const config::Node& name, const config::Node& body, StageContext& context) {
  config::Fields fields(body, "metric " + name.text(), Strictness::kWarnUnknown, context.warnings);
  MetricRule rule;
  rule.metric.type = read_type(fields.find("type"), name);
  rule.metric.help = read_optional_string(fields, "description");
  const std::string prefix = read_optional_string(fields, "prefix");
  rule.metric.name = metric_name((prefix.empty() ? "promtail_custom_" : prefix) + name.text());
  const config::Node* const source = fields.find("source");
  rule.source = context.symbols.intern(source == nullptr ? name.text() : config::read_string(*source));
  rule.metric.max_idle = read_max_idle(fields.find("max_idle_duration"));
  const config::Node* const config = fields.find("config");
  fields.finish();
  if (config == nullptr) {
    read_type_config(config::Node(), name, rule, context.warnings);
  } else {
    read_type_config(*config, *config, rule, context.warnings);
  }
  return rule;
}

}  // namespace lokitail::pipeline
