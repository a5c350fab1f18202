#include "pipeline/stage/metrics_value.h"

#include <chrono>

#include "config/scalar.h"
#include "config/value.h"

namespace lokitail::pipeline {

std::optional<double> metric_value(std::string_view text) {
  if (const auto number = config::parse_go_float(text)) return number;
  const auto duration = config::parse_go_duration(text);
  if (!duration) return std::nullopt;
  // Whole seconds and the rest apart, as Go's Duration.Seconds() does.
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  return static_cast<double>(whole.count()) + static_cast<double>((*duration - whole).count()) / 1e9;
}

std::optional<double> metric_value(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNumber:
      return value.as_number();
    case Value::Kind::kBool:
      return value.as_bool() ? 1 : 0;
    case Value::Kind::kText:
      return metric_value(value.as_text());
    case Value::Kind::kNull:
    case Value::Kind::kMissing:
      break;
  }
  return std::nullopt;
}

}  // namespace lokitail::pipeline
