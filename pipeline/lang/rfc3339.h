// Parses the timestamps that container runtimes and most loggers write: RFC 3339, in the flavour
// that Go's time.Parse accepts for its layouts RFC3339 and RFC3339Nano (which do not differ).
//
// Threads: pure functions. Errors: false, and the output is untouched.
// Accepted beyond the RFC, as in Go: an hour of one digit, a comma before the fraction, any number
// of fraction digits (those past the ninth are cut off), offsets up to 24:60.
// Refused though the RFC allows it: lower-case `t` and `z`, a second 60.
//
// This runs once or twice for every line of a container's log, so the canonical form
// 2006-01-02T15:04:05[.999](Z|+07:00) takes a path that checks eight bytes at a time; whatever that
// path does not take goes through a plain reader of the whole grammar.
#pragma once

#include <string_view>

#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang {

bool parse_rfc3339(std::string_view text, Timestamp& out);

// The plain reader alone; for tests that compare the two.
bool parse_rfc3339_slowly(std::string_view text, Timestamp& out);

}  // namespace lokitail::pipeline::lang
