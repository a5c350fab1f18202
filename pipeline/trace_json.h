// A passage (trace.h) as JSON, for programs and for the agent's page:
//
//   {"lines": [1], "outcome": "out" | "dropped" | "held",
//    "start": ENTRY, "result": ENTRY or null,
//    "steps": [{"stage": "json", "path": "pipeline_stages[1]",
//               "place": {"file": "promtail.yaml", "line": 12, "column": 7}, "depth": 0,
//               "outcome": "passed" | "dropped" | "held" | "released",
//               "drop_reason": "drop_stage" (where it is known),
//               "changes": [{"of": "label", "name": "level", "before": "warn", "after": "info"}],
//               "before": ENTRY or null, "after": ENTRY or null}]}
//   ENTRY: {"line": "...", "timestamp": "2025-11-07T12:00:00.5Z", "labels": {...},
//           "structured_metadata": [["name", "value"]], "extracted": {...}}
//
// Extracted values have their types. `of` is line, timestamp, label, structured_metadata or
// extracted; an addition has no `before`, a removal no `after`, which a null value has. Changes of
// a stage with others inside are those made before them. Keys are sorted by name where the entry
// has no order of its own. Bytes that are no UTF-8 become U+FFFD.
//
// Threads: a pure function.
#pragma once

#include <string>

#include "pipeline/trace.h"

namespace lokitail::pipeline {

void append_json(std::string& out, const Passage& passage);

}  // namespace lokitail::pipeline
