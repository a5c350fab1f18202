// The agent's own log, on standard error: logfmt or JSON, with Promtail's keys (level, ts, caller,
// msg) followed by the fields of the call, and the ids of the trace that the thread is at work for
// (telemetry::TraceScope), if there is one.
//
// How texts and times are written, and the writing itself, is the installed logger's
// (telemetry/logger/); the form of a line is Promtail's.
//
// Threads: any. Errors: none; what cannot be written is lost.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "lokitail/telemetry/level.h"

namespace lokitail::config {
struct ServerConfig;
}

namespace lokitail::agent::log {

using Level = telemetry::Level;
enum class Format { kLogfmt, kJson };

struct Field {
  template <typename T>
  Field(std::string_view field_key, const T& field_value)
      : key(field_key), value(fmt::format("{}", field_value)), is_text(!std::is_arithmetic_v<T>) {}
  std::string_view key;
  std::string value;
  bool is_text;
};
using Fields = std::initializer_list<Field>;

void configure(Level level, Format format);
void configure(const config::ServerConfig& server);
void set_level(Level level);
Level level();

// `file` and `line` are the caller's, without the caller naming them. (std::source_location would say
// the same, but Clang 14 does not have it.)
void write(Level level, std::string_view message, Fields fields, const char* file, unsigned line);

inline void debug(std::string_view message, Fields fields = {}, const char* file = __builtin_FILE(),
                  unsigned line = __builtin_LINE()) {
  write(Level::kDebug, message, fields, file, line);
}
inline void info(std::string_view message, Fields fields = {}, const char* file = __builtin_FILE(),
                 unsigned line = __builtin_LINE()) {
  write(Level::kInfo, message, fields, file, line);
}
inline void warn(std::string_view message, Fields fields = {}, const char* file = __builtin_FILE(),
                 unsigned line = __builtin_LINE()) {
  write(Level::kWarn, message, fields, file, line);
}
inline void error(std::string_view message, Fields fields = {}, const char* file = __builtin_FILE(),
                  unsigned line = __builtin_LINE()) {
  write(Level::kError, message, fields, file, line);
}

// One record as text, without the newline. For tests.
std::string format_record(Format format, Level level, std::string_view time, std::string_view caller,
                          std::string_view message, Fields fields);

}  // namespace lokitail::agent::log
