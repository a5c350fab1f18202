// A label set as the text that names a stream in Loki's push protocol: {a="b", c="d"}.
//
// Threads: pure functions. Errors: none; any bytes can be written.
// Source:  Go's strconv.Quote. One difference: characters that Unicode has not assigned stay as
//          they are, so that the table need not follow each version of Unicode; Loki reads both
//          alike.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lokitail::pipeline {

// REQUIRES: sorted by name. Leaves nothing out; `{}` for no labels.
void append_label_text(std::string& out,
                       std::span<const std::pair<std::string_view, std::string_view>> sorted);

// Appends `text` in double quotes, with everything escaped that is not printable.
void append_quoted(std::string& out, std::string_view text);

}  // namespace lokitail::pipeline
