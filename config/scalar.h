// How the text of a plain YAML scalar becomes a value, by the rules of gopkg.in/yaml.v2 (its
// resolve.go) and Go's strconv. Pure functions: any thread, no errors beyond an empty result.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/node.h"

namespace lokitail::config {

// The type of a plain scalar. Timestamps are strings, as they are to Promtail.
Node::Type resolve_plain(std::string_view text);

std::optional<bool> parse_yaml_bool(std::string_view text);

// An integer in base 10, 16 (0x), 8 (0o or a leading 0) or 2 (0b) with `_` anywhere.
struct Integer {
  bool negative = false;
  uint64_t magnitude = 0;

  std::optional<int64_t> as_int64() const;
};
std::optional<Integer> parse_yaml_int(std::string_view text);

// A decimal number, or .inf, -.inf, .nan in YAML's spellings.
std::optional<double> parse_yaml_float(std::string_view text);

// A number as Go's strconv.ParseFloat takes it: decimal (1_000.5e3), hexadecimal with an exponent
// (0x1.8p3), inf, nan.
std::optional<double> parse_go_float(std::string_view text);

// A number as Go's strconv.ParseInt takes it in any base: 1_000, 0x1F, 0b11, 0o17, 017.
std::optional<int64_t> parse_go_int(std::string_view text);

// 1, t, T, true, True, TRUE and the same for false.
std::optional<bool> parse_go_bool(std::string_view text);

}  // namespace lokitail::config
