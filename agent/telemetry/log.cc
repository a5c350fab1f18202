#include "agent/telemetry/log.h"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

namespace lokitail::agent::log {
namespace {

std::atomic<Format> current_format{Format::kLogfmt};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: break;
  }
  return spdlog::level::err;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: break;
  }
  return "error";
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "lokitail", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

std::string now_text() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", now);
}

// In quotes, with what would break the record escaped. Valid for JSON and for logfmt.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_logfmt(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ' ';
  out.append(key) += '=';
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != '\\' && c != 0x7f;
  });
  if (plain) {
    out += value;
  } else {
    append_quoted(out, value);
  }
}

void append_json(std::string& out, std::string_view key, std::string_view value, bool is_text) {
  out += out.empty() ? '{' : ',';
  append_quoted(out, key);
  out += ':';
  if (is_text) {
    append_quoted(out, value);
  } else {
    out += value;
  }
}

}  // namespace

void configure(Level level, Format format) {
  current_format = format;
  set_level(level);
}

void set_level(Level level) { logger().set_level(spdlog_level(level)); }

Level level() {
  switch (logger().level()) {
    case spdlog::level::info: return Level::kInfo;
    case spdlog::level::warn: return Level::kWarn;
    case spdlog::level::err: return Level::kError;
    default: return Level::kDebug;
  }
}

std::string format_record(Format format, Level level, std::string_view time,
                          std::string_view caller, std::string_view message, Fields fields) {
  std::string out;
  const auto append = [&out, format](std::string_view key, std::string_view value, bool is_text) {
    if (format == Format::kJson) {
      append_json(out, key, value, is_text);
    } else {
      append_logfmt(out, key, value);
    }
  };
  append("level", level_name(level), true);
  append("ts", time, true);
  append("caller", caller, true);
  append("msg", message, true);
  for (const Field& field : fields) append(field.key, field.value, field.is_text);
  if (format == Format::kJson) out += '}';
  return out;
}

void write(Level level, std::string_view message, Fields fields, const char* file, unsigned line) {
  if (!logger().should_log(spdlog_level(level))) return;
  std::string_view name = file;
  name.remove_prefix(name.rfind('/') + 1);
  const std::string caller = fmt::format("{}:{}", name, line);
  const std::string record =
      format_record(current_format, level, now_text(), caller, message, fields);
  logger().log(spdlog_level(level), spdlog::string_view_t(record.data(), record.size()));
}

}  // namespace lokitail::agent::log
