// Fields that services have in common, so that one query finds them in all logs.
//
// Ownership, threads, errors: as in field.h.
#pragma once

#include "lokitail/telemetry/field.h"

namespace lokitail::telemetry {

inline Field peer_id(std::string_view id) { return {"peer_id", id}; }
inline Field guild_id(std::string_view id) { return {"guild_id", id}; }
inline Field task_id(std::string_view id) { return {"task_id", id}; }
inline Field channel_id(std::string_view id) { return {"channel_id", id}; }
inline Field component(std::string_view name) { return {"component", name}; }
inline Field operation(std::string_view name) { return {"operation", name}; }
inline Field status(std::string_view word) { return {"status", word}; }

template <Integer T>
Field size_bytes(T size) {
  return {"size_bytes", size};
}
// Milliseconds, or any duration.
template <Integer T>
Field duration_ms(T milliseconds) {
  return {"duration_ms", milliseconds};
}
template <typename Rep, typename Period>
Field duration_ms(std::chrono::duration<Rep, Period> time) {
  return {"duration_ms", time};
}

inline Field error(const std::exception& thrown) { return {"error", thrown}; }
inline Field error(const std::error_code& code) { return {"error", code}; }
inline Field error(std::string_view text) { return {"error", text}; }

}  // namespace lokitail::telemetry
