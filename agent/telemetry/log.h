// The agent's own log, on standard error: logfmt or JSON, with Promtail's keys (level, ts, caller,
// msg) followed by the fields of the call.
//
// Threads: any. Errors: none; what cannot be written is lost.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace lokitail::agent::log {

enum class Level { kDebug, kInfo, kWarn, kError };
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

// Before any other thread logs.
void configure(Level level, Format format);
void set_level(Level level);
Level level();

void write(Level level, std::string_view message, Fields fields, const std::source_location& where);

inline void debug(std::string_view message, Fields fields = {},
                  const std::source_location& where = std::source_location::current()) {
  write(Level::kDebug, message, fields, where);
}
inline void info(std::string_view message, Fields fields = {},
                 const std::source_location& where = std::source_location::current()) {
  write(Level::kInfo, message, fields, where);
}
inline void warn(std::string_view message, Fields fields = {},
                 const std::source_location& where = std::source_location::current()) {
  write(Level::kWarn, message, fields, where);
}
inline void error(std::string_view message, Fields fields = {},
                  const std::source_location& where = std::source_location::current()) {
  write(Level::kError, message, fields, where);
}

// One record as text, without the newline. For tests.
std::string format_record(Format format, Level level, std::string_view time,
                          std::string_view caller, std::string_view message, Fields fields);

}  // namespace lokitail::agent::log
