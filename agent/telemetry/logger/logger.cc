#include "lokitail/telemetry/logger.h"

#include <algorithm>
#include <utility>

#include "agent/telemetry/logger/field_text.h"
#include "agent/telemetry/logger/hex.h"
#include "agent/telemetry/logger/json_text.h"
#include "agent/telemetry/logger/path_end.h"
#include "agent/telemetry/logger/sampler.h"
#include "agent/telemetry/logger/stack_trace.h"
#include "agent/telemetry/logger/time_text.h"

namespace lokitail::telemetry {
namespace {

using Time = std::chrono::system_clock::time_point;

// What a line is made of.
struct Record {
  Level level;
  Time time;
  Caller caller;
  const TraceContext& trace;
  std::string_view message;
  std::string_view persistent;  // fields, as they stand in a line
  std::span<const Field> fields;
  std::uint32_t suppressed = 0;
  const void* called_from = nullptr;
};

void append_member(TextBuffer& out, std::string_view key, std::string_view text) {
  out.append(",\"");
  out.append(key);
  out.append("\":");
  append_json_string(out, text);
}

void append_hex(TextBuffer& out, std::span<const std::uint8_t> bytes) {
  out.added(put_hex(out.room(2 * bytes.size()), bytes));
}

void append_caller(TextBuffer& out, const Caller& caller) {
  out.append(path_end(caller.file, 2));
  out.append(':');
  append_integer(out, caller.line);
}

// As it stands, unless that would break the line or the terminal.
void append_console_message(TextBuffer& out, std::string_view message) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::none_of(message, control)) {
    out.append(message);
  } else {
    append_json_string(out, message);
  }
}

// INFO, as wide as the widest.
std::string_view console_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return "DEBUG";
    case Level::kInfo:
      return "INFO ";
    case Level::kWarn:
      return "WARN ";
    case Level::kError:
      break;
  }
  return "ERROR";
}

}  // namespace

class Logger::Core {
 public:
  explicit Core(LoggerOptions options);

  void write(const Record& record);
  Time now() const { return options_.clock ? options_.clock() : std::chrono::system_clock::now(); }
  std::optional<std::uint32_t> sample(Level level, std::string_view message, Time now) {
    return sampler_ == nullptr ? 0 : sampler_->take(level, message, now);
  }

  std::atomic<Level>& level() { return level_; }
  Sink& sink() { return *sink_; }
  const FieldText& field_text() const { return field_text_; }

 private:
  void append_line(TextBuffer& line, const Record& record) const;
  void append_json(TextBuffer& line, const Record& record) const;
  void append_console(TextBuffer& line, const Record& record) const;
  void append_trace_json(TextBuffer& line, const TraceContext& trace) const;
  void append_fields(TextBuffer& line, const Record& record) const;
  bool wants_stack(const Record& record) const {
    return options_.stack_trace && record.level == Level::kError;
  }
  std::string notice_of_dropped(std::uint64_t dropped) const;

  const LoggerOptions options_;
  const FieldText field_text_;
  std::string service_json_;  // service, version and environment
  std::atomic<Level> level_;
  std::unique_ptr<Sampler> sampler_;
  std::shared_ptr<Sink> sink_;  // the last: what it writes when it ends needs the others
};

Logger::Core::Core(LoggerOptions options)
    : options_(std::move(options)),
      field_text_(options_.format, options_.redacted),
      level_(options_.level),
      sink_(options_.sink != nullptr ? options_.sink : standard_error()) {
  TextBuffer service;
  if (!options_.service.empty()) append_member(service, "service", options_.service);
  if (!options_.version.empty()) append_member(service, "version", options_.version);
  if (!options_.environment.empty()) append_member(service, "environment", options_.environment);
  service_json_ = service.view();
  if (options_.sampling) sampler_ = std::make_unique<Sampler>(*options_.sampling);
  if (options_.async) {
    sink_ = std::make_shared<AsyncSink>(sink_, *options_.async,
                                        [this](std::uint64_t dropped) { return notice_of_dropped(dropped); });
  }
}

void Logger::Core::write(const Record& record) {
  TextBuffer line;
  append_line(line, record);
  sink_->write(record.level, line.view());
}

void Logger::Core::append_line(TextBuffer& line, const Record& record) const {
  if (options_.format == Format::kJson) {
    append_json(line, record);
  } else {
    append_console(line, record);
  }
  line.append('\n');
}

void Logger::Core::append_json(TextBuffer& line, const Record& record) const {
  line.append("{\"level\":\"");
  line.append(level_name(record.level));
  line.append("\",\"timestamp\":\"");
  append_time(line, record.time);
  line.append('"');
  line.append(service_json_);
  if (options_.caller && record.caller.file != nullptr) {
    TextBuffer caller;
    append_caller(caller, record.caller);
    append_member(line, "caller", caller.view());
  }
  append_trace_json(line, record.trace);
  append_member(line, "message", record.message);
  append_fields(line, record);
  if (wants_stack(record)) {
    TextBuffer stack;
    append_stack_trace(stack, record.called_from);
    append_member(line, "stacktrace", stack.view());
  }
  line.append('}');
}

void Logger::Core::append_trace_json(TextBuffer& line, const TraceContext& trace) const {
  if (!trace.valid()) return;
  line.append(",\"trace_id\":\"");
  append_hex(line, trace.trace_id);
  line.append("\",\"span_id\":\"");
  append_hex(line, trace.span_id);
  line.append("\",\"trace_sampled\":");
  line.append(trace.sampled ? "true" : "false");
}

void Logger::Core::append_fields(TextBuffer& line, const Record& record) const {
  line.append(record.persistent);
  for (const Field& field : record.fields) field_text_.append(line, field);
  if (record.suppressed > 0) field_text_.append(line, {"suppressed", record.suppressed});
}

void Logger::Core::append_console(TextBuffer& line, const Record& record) const {
  append_time(line, record.time);
  line.append(' ');
  line.append(console_level(record.level));
  if (!options_.service.empty()) {
    line.append(' ');
    append_logfmt_text(line, options_.service);
  }
  if (options_.caller && record.caller.file != nullptr) {
    line.append(' ');
    append_caller(line, record.caller);
  }
  line.append(' ');
  append_console_message(line, record.message);
  append_fields(line, record);
  if (record.trace.valid()) {
    line.append(" trace_id=");
    append_hex(line, record.trace.trace_id);
    line.append(" span_id=");
    append_hex(line, record.trace.span_id);
  }
  if (wants_stack(record)) {
    line.append('\n');
    append_stack_trace(line, record.called_from);
  }
}

std::string Logger::Core::notice_of_dropped(std::uint64_t dropped) const {
  const Field fields[] = {{"dropped", dropped}};
  TextBuffer line;
  const Record record{Level::kWarn, now(), {}, {}, "lines of this log were dropped", {}, fields};
  append_line(line, record);
  return std::string(line.view());
}

Logger::Logger(LoggerOptions options)
    : core_(std::make_shared<Core>(std::move(options))), level_(&core_->level()) {}

Logger Logger::with(std::span<const Field> fields) const {
  TextBuffer text;
  for (const Field& field : fields) core_->field_text().append(text, field);
  Logger made = *this;
  made.fields_ += text.view();
  return made;
}

Logger Logger::with_trace(const TraceContext& context) const {
  Logger made = *this;
  made.trace_ = context;
  return made;
}

bool Logger::flush(std::chrono::milliseconds timeout) const { return core_->sink().flush(timeout); }

std::uint64_t Logger::lost() const { return core_->sink().lost(); }

void Logger::write(Level level, const TraceContext* context, std::string_view message,
                   std::span<const Field> fields, Caller caller) const {
  const Time now = core_->now();
  const std::optional<std::uint32_t> suppressed = core_->sample(level, message, now);
  if (!suppressed) return;
  const TraceContext trace = context != nullptr ? *context : trace_ ? *trace_ : current_trace();
  core_->write(
      {level, now, caller, trace, message, fields_, fields, *suppressed, __builtin_return_address(0)});
}

}  // namespace lokitail::telemetry
