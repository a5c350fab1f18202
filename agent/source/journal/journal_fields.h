// What the fields of a journal's entry become: labels, a line of JSON; and what a cursor says.
//
// Threads: pure functions. Errors: return values; fields may hold any bytes.
// Source:  Promtail's journal target for names and words; systemd's JOURNAL_EXPORT_FORMATS and
//          sd_journal_get_cursor(3) for cursors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

struct JournalField {
  std::string_view name;
  std::string_view value;
};

// "NAME=value", as libsystemd gives a field. Nothing where it has no name.
std::optional<JournalField> split_field(std::string_view data);

// "__journal_" and the name in lower case.
std::string label_of_field(std::string_view name);

// "emerg" to "debug" for "0" to "7" ("3" is "error"); any other value is its own word.
std::string_view priority_keyword(std::string_view priority);

// Appends all fields as one JSON object, sorted by name and escaped as in Promtail. Of several with one
// name the last counts. Changes the order of `fields`.
void append_fields_json(std::string& out, std::vector<JournalField>& fields);

// The time of the entry that a cursor is of, in microseconds since 1970.
std::optional<std::uint64_t> time_of_cursor(std::string_view cursor);

}  // namespace lokitail::agent
