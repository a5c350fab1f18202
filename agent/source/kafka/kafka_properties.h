// What a `kafka` block says, in librdkafka's words.
//
// Threads: pure functions. Errors: none.
// Source:  librdkafka's CONFIGURATION.md; what Promtail leaves to Sarama has Sarama's defaults (session and
// heartbeat, isolation).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace lokitail::agent {

// Names with their values. Holds secrets: not for showing.
std::vector<std::pair<std::string, std::string>> kafka_properties(const config::KafkaConfig& config);

// Whether the connection is encrypted.
bool kafka_uses_tls(const config::KafkaConfig& config);

}  // namespace lokitail::agent
