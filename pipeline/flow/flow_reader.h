// How the flow of a stage is read; for the files of pipeline/flow/ only.
//
// Threads: pure functions. Errors: none; what is not there is empty.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/flow/stage_flow.h"

namespace lokitail::pipeline::flow {

// Adds to `flow` what the stage with this body does. `flow.place` and `flow.body` are set already.
using Reader = void(const config::Node& body, StageFlow& flow);

// The value of a key, whatever the letter case of the key; a null node where it is not there.
config::Node member(const config::Node& body, std::string_view key);
// A scalar as text; empty for all others.
std::string text_of(const config::Node& node);
bool is_true(const config::Node& node);

// The key `source` of a stage that otherwise reads the line.
void read_source(const config::Node& body, StageFlow& flow);
// The named groups of a regular expression; none for one that is none.
std::vector<std::string> group_names(const std::string& expression);
// The extracted values that a Go template reads.
void read_template(const config::Node& text, StageFlow& flow);
// A list of names, or a single one.
std::vector<FlowName> names_of(const config::Node& node);
// `<name>: <source>`, as `labels` and `structured_metadata` have it.
std::vector<FlowLabel> sourced(const config::Node& body);

}  // namespace lokitail::pipeline::flow
