// Reads the scalars of a configuration as values.
//
// Threads: pure functions; any thread.
// Errors:  the readers throw Error at the node's place, saying what was expected and what stands
//          there instead; the parse functions answer with an empty optional.
// Source:  durations are those of Go's time package, or of github.com/prometheus/common/model where
//          Prometheus' own blocks have them; sizes those of github.com/c2h5oh/datasize as Loki uses it (powers of 1024, whatever the letter case).
//
// There are three families, because Promtail decodes its file in three ways:
//   read_text, read_bool, ...   the blocks and the strict stages
//   read_string                 strict stages that take only a real string (`expression: 123` is
//                               refused there)
//   weak_*                      stages that turn strings, numbers and booleans into one another
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace lokitail::config {

// Any scalar as its text, numbers and booleans as written; null is empty.
std::string read_text(const Node& node);
std::string read_string(const Node& node);
bool read_bool(const Node& node);
// A whole number. A fraction is cut off.
int64_t read_int(const Node& node);
double read_float(const Node& node);

std::string weak_string(const Node& node);
int64_t weak_int(const Node& node);
double weak_float(const Node& node);
bool weak_bool(const Node& node);

// A Go duration; a bare number is a count of nanoseconds.
std::chrono::nanoseconds read_duration(const Node& node);
// A Go duration that has to be a string.
std::chrono::nanoseconds read_duration_string(const Node& node);
// A Prometheus duration.
std::chrono::nanoseconds read_prometheus_duration(const Node& node);

uint64_t read_bytes(const Node& node);

// Label names and their values. Any UTF-8 text but the empty one is a name; null is an empty map.
std::map<std::string, std::string> read_label_map(const Node& node);

// A list of texts; null is an empty list.
std::vector<std::string> read_text_list(const Node& node);

// "1h30m", "-1.5s", "0". Units: ns us µs ms s m h.
std::optional<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

// As Go prints it: "1h30m0s", "1.5s", "250ms", "0s".
std::string format_go_duration(std::chrono::nanoseconds duration);

// "1d12h", "500ms", "0". Units in this order: y w d h m s ms; no fractions.
std::optional<std::chrono::nanoseconds> parse_prometheus_duration(std::string_view text);

// As Prometheus prints it: "1d12h", "0s"; down to milliseconds. REQUIRES: not below zero
std::string format_prometheus_duration(std::chrono::nanoseconds duration);

// "1048576", "1MB", "4 kilobytes"; the empty text is 0.
std::optional<uint64_t> parse_bytes(std::string_view text);

// Whether the text is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace lokitail::config
