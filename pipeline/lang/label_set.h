// A label set read from its text, as it stands in Loki's push protocol: {a="b", c="d"}.
//
// Threads: pure function. Ownership: names and values are views into the text or the arena.
// Errors:  a message; the bytes come from anybody.
// Source:  Prometheus' promql parser (ParseMetric): values in "", '' or ``, a comma may stand behind the last
//          one, and a name in front of the braces is the label __name__.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/arena.h"

namespace lokitail::pipeline::lang {

using LabelPairs = std::vector<std::pair<std::string_view, std::string_view>>;

// `labels` := what `text` says, in its order. Returns what is wrong with it; empty where nothing is.
std::string read_label_set(std::string_view text, Arena& arena, LabelPairs& labels);

}  // namespace lokitail::pipeline::lang
