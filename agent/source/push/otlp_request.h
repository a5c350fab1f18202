// Logs that OpenTelemetry's exporters send (OTLP over HTTP), as Loki's own endpoint for them takes them:
// attributes of the resource that say where a line is from become labels, everything else structured
// metadata, the body the line.
//
// Threads: pure functions. Ownership: the block gets the text.
// Errors:  as push_request.h's.
// Source:  opentelemetry/proto/logs/v1/logs.proto; the OTLP specification for its JSON; Loki's
//          pkg/loghttp/push/otlp.go and otlp_config.go for the mapping and the attributes that are labels.
#pragma once

#include <string>

#include "agent/source/push/push_request.h"

namespace lokitail::agent {

PushResult read_otlp_protobuf(std::string body, const PushReading& reading, ReceivedBlock& block);
PushResult read_otlp_json(std::string body, const PushReading& reading, ReceivedBlock& block);

}  // namespace lokitail::agent
