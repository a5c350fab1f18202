// The text of Promtail's positions file: one mapping, `positions`, from paths and other keys to text.
// Source: clients/pkg/promtail/positions of grafana/loki.
//
// Threads: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lokitail::agent {

using PositionEntries = std::map<std::string, std::string>;

// nullopt with `problem` set for text that is no positions file, such as one of NUL bytes after a power
// cut. Empty text is an empty file. Never throws.
std::optional<PositionEntries> parse_positions(std::string_view text, std::string& problem);

// What is not UTF-8 is written as base64 with the tag !!binary, as Promtail does it.
std::string format_positions(const PositionEntries& entries);

// A byte offset: decimal digits alone.
std::optional<std::uint64_t> parse_offset(std::string_view text);

}  // namespace lokitail::agent
