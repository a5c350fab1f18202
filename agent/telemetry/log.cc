#include "agent/telemetry/log.h"

#include <unistd.h>

#include <atomic>
#include <chrono>

#include "agent/telemetry/logger/json_text.h"
#include "agent/telemetry/logger/path_end.h"
#include "agent/telemetry/logger/time_text.h"
#include "config/config.h"
#include "lokitail/telemetry/sink.h"
#include "lokitail/telemetry/trace_scope.h"

namespace lokitail::agent::log {
namespace {

using telemetry::TextBuffer;

std::atomic<Format> current_format{Format::kLogfmt};
std::atomic<Level> current_level{Level::kInfo};

telemetry::Sink& standard_error() {
  static telemetry::DescriptorSink sink(STDERR_FILENO);
  return sink;
}

void append_member(TextBuffer& out, Format format, std::string_view key, std::string_view value,
                   bool is_text = true) {
  if (format == Format::kLogfmt) {
    if (!out.empty()) out.append(' ');
    out.append(key);
    out.append('=');
    telemetry::append_logfmt_text(out, value);
    return;
  }
  out.append(out.empty() ? '{' : ',');
  telemetry::append_json_string(out, key);
  out.append(':');
  if (is_text) {
    telemetry::append_json_string(out, value);
  } else {
    out.append(value);
  }
}

void append_record(TextBuffer& out, Format format, Level level, std::string_view time,
                   std::string_view caller, std::string_view message, Fields fields) {
  append_member(out, format, "level", telemetry::level_name(level));
  append_member(out, format, "ts", time);
  append_member(out, format, "caller", caller);
  append_member(out, format, "msg", message);
  for (const Field& field : fields) {
    append_member(out, format, field.key, field.value, field.is_text);
  }
  if (const telemetry::TraceContext trace = telemetry::current_trace(); trace.valid()) {
    append_member(out, format, "trace_id", telemetry::trace_id_text(trace));
    append_member(out, format, "span_id", telemetry::span_id_text(trace));
  }
  if (format == Format::kJson) out.append('}');
}

}  // namespace

void configure(Level level, Format format) {
  current_format = format;
  set_level(level);
}

void configure(const config::ServerConfig& server) {
  const std::string& level = server.log_level;
  configure(level == "debug"   ? Level::kDebug
            : level == "warn"  ? Level::kWarn
            : level == "error" ? Level::kError
                               : Level::kInfo,
            server.log_format == "json" ? Format::kJson : Format::kLogfmt);
}

void set_level(Level level) { current_level = level; }

Level level() { return current_level; }

std::string format_record(Format format, Level level, std::string_view time, std::string_view caller,
                          std::string_view message, Fields fields) {
  TextBuffer out;
  append_record(out, format, level, time, caller, message, fields);
  return std::string(out.view());
}

void write(Level level, std::string_view message, Fields fields, const char* file, unsigned line) {
  if (level < current_level) return;
  TextBuffer time;
  telemetry::append_time(time, std::chrono::system_clock::now());
  TextBuffer caller;
  caller.append(telemetry::path_end(file, 1));
  caller.append(':');
  telemetry::append_integer(caller, line);
  TextBuffer record;
  append_record(record, current_format, level, time.view(), caller.view(), message, fields);
  record.append('\n');
  standard_error().write(level, record.view());
}

}  // namespace lokitail::agent::log
