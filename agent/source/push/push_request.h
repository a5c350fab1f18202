// What others push to the agent: from the body of a request to a block of entries.
//
// Threads: pure functions. Ownership: the block gets the text.
// Errors:  a result (agent/loki/push_decode.h) that says how to answer; the block is of no use then. The
//          bytes come from anybody: what is read is bounded in size and in number.
// Source:  Loki's docs/sources/reference/loki-http-api.md, pkg/loghttp/push/push.go, and Promtail's push
//          target (lokipush/pushtarget.go).
#pragma once

#include <string>
#include <string_view>

#include "agent/loki/push_decode.h"
#include "agent/source/received/received_block.h"

namespace lokitail::agent {

struct PushReading {
  bool keeps_times = false;      // otherwise entries get the time at which they are taken in
  std::string_view tenant = {};  // of all entries; empty: nobody said
  std::size_t most_bytes = std::size_t{100} << 20;  // of a body, unpacked
  // Of streams, entries and pairs of structured metadata together: each costs memory beyond its bytes.
  std::size_t most_parts = std::size_t{2} << 20;
};

// Undoes a Content-Encoding: none (or identity), gzip, deflate (with zlib's head or without) and zstd;
// snappy only tells what protobuf is packed with anyway and is left alone.
PushResult unpack_body(std::string& body, std::string_view encoding, std::size_t most_bytes);

// A PushRequest as protobuf, packed with snappy.
PushResult read_push_protobuf(std::string body, const PushReading& reading, ReceivedBlock& block);
// {"streams":[{"stream":{...},"values":[["<unix ns>","line",{...}]]}]}
PushResult read_push_json(std::string body, const PushReading& reading, ReceivedBlock& block);
// Lines without anything. Empty ones are no entries.
PushResult read_push_lines(std::string body, const PushReading& reading, ReceivedBlock& block);

}  // namespace lokitail::agent
