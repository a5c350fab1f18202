// A GELF message: unpacked, understood, and written anew as the line that Promtail makes of it.
//
// Threads: one at a time. Ownership: what it gives lives in the arena.
// Errors:  nothing for what is no GELF; the bytes come from anybody and are bounded when they are unpacked.
// Source:  docs.graylog.org (GELF 1.1); the order and form of the line as gopkg.in/Graylog2/go-gelf.v2 writes
//          them (gelf/message.go), which Promtail uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/arena.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

struct GelfMessage {
  std::string_view version;
  std::string_view host;
  std::string_view facility;
  std::string_view level;  // a word; empty for a level that is none
  std::optional<pipeline::Timestamp> time;
  std::string line;
};

// Of a message that came whole: gzip, zlib or plain JSON.
std::optional<GelfMessage> read_gelf(std::string_view packed, pipeline::Arena& arena);

}  // namespace lokitail::agent
