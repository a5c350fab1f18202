// Names and labels of metrics as Prometheus' text format has them. What comes out can always be
// parsed, whatever went in.
//
// Threads: pure functions. Errors: none.
// Source:  https://prometheus.io/docs/instrumenting/exposition_formats/. What is no name there is
//          written with underscores, as Prometheus' Go client does it (EscapeName in
//          github.com/prometheus/common/model).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lokitail::pipeline {

// `name` as the name of a metric: "a-b" is a_b. REQUIRES: not empty.
std::string metric_name(std::string_view name);

// a="x",b="y", sorted by name; equal label sets give equal texts. Bytes that are no UTF-8 become
// U+FFFD. Of two labels whose names would be written alike the first one is left.
std::string metric_labels(const std::vector<std::pair<std::string_view, std::string_view>>& labels);

}  // namespace lokitail::pipeline
