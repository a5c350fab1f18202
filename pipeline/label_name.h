// Which names and values a label may have. Pure functions: any thread, no errors.
//
// Source: Prometheus' data model, in its older form, [a-zA-Z_][a-zA-Z0-9_]*, and its newer one, any
// UTF-8. Promtail asks for the one here and for the other there.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::pipeline {

// What the stages `labels` and `structured_metadata` ask for.
bool is_label_name(std::string_view name);

// What `static_labels` and relabelling ask for.
bool is_utf8_label_name(std::string_view name);

// A name in which everything is an underscore that is neither an ASCII letter nor a digit, as Prometheus' discoveries
// name their labels. It may begin with a digit.
std::string sanitized_label_name(std::string_view name);

}  // namespace lokitail::pipeline
