// A passage (pipeline/trace.h) laid out for people: what the entry began as, a row per stage with
// what it changed, and what has become of the entry. Equal passages give equal text.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "agent/terminal.h"
#include "pipeline/trace.h"

namespace lokitail::agent {

std::string passage_text(const pipeline::Passage& passage, const Painter& paint);

// "line 2", "lines 1-3", "lines 1, 4"
std::string lines_text(const std::vector<std::size_t>& lines);

// "[2.0] drop": the stage's place among the stages, with those that it stands in.
std::string stage_text(const pipeline::StageInfo& stage);

// The value as a person writes it: text in quotes, all else without.
std::string value_text(const pipeline::SnapshotValue& value);

// "dropped by [2] drop (drop_stage)", "held back by [0] multiline". REQUIRES: it did not come out.
std::string stop_text(const pipeline::Passage& passage);

}  // namespace lokitail::agent
