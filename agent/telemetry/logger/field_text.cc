#include "agent/telemetry/logger/field_text.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "agent/telemetry/logger/json_text.h"

namespace lokitail::telemetry {
namespace {

constexpr std::string_view kRedacted = "<redacted>";
constexpr int kMostCauses = 16;

std::uint64_t size_bit(std::string_view key) { return std::uint64_t{1} << (key.size() % 64); }

void append_text(TextBuffer& out, std::string_view text, Format format) {
  if (format == Format::kConsole) {
    append_logfmt_text(out, text);
  } else {
    append_json_string(out, text);
  }
}

// What was thrown, and what it was nested in: "cannot send: connection refused".
void append_causes(TextBuffer& out, const std::exception& error, int depth = 0) {
  const char* const what = error.what();
  if (what != nullptr) out.append(what);
  if (depth == kMostCauses) return;
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& cause) {
    out.append(": ");
    append_causes(out, cause, depth + 1);
  } catch (...) {
    out.append(": not a std::exception");
  }
}

}  // namespace

FieldText::FieldText(Format format, std::vector<std::string> redacted)
    : format_(format), redacted_(std::move(redacted)) {
  for (const std::string& key : redacted_) redacted_sizes_ |= size_bit(key);
}

bool FieldText::is_redacted(std::string_view key) const {
  return (redacted_sizes_ & size_bit(key)) != 0 && std::ranges::find(redacted_, key) != redacted_.end();
}

void FieldText::append(TextBuffer& out, const Field& field) const {
  if (format_ == Format::kConsole) {
    out.append(' ');
    append_logfmt_text(out, field.key());
    out.append('=');
  } else {
    out.append(',');
    append_json_string(out, field.key());
    out.append(':');
  }
  append_value(out, field, format_);
}

void FieldText::append_value(TextBuffer& out, const Field& field, Format format) const {
  if (is_redacted(field.key())) return append_text(out, kRedacted, format);
  switch (field.kind()) {
    case Field::Kind::kNull:
      return out.append("null");
    case Field::Kind::kText:
      return append_text(out, field.text(), format);
    case Field::Kind::kInteger:
      return append_integer(out, field.integer());
    case Field::Kind::kUnsigned:
      return append_integer(out, field.whole());
    case Field::Kind::kFloat:
      return append_json_number(out, static_cast<float>(field.number()));
    case Field::Kind::kDouble:
      return append_json_number(out, field.number());
    case Field::Kind::kBool:
      return out.append(field.truth() ? "true" : "false");
    case Field::Kind::kDuration:
      return append_milliseconds(out, std::chrono::nanoseconds(field.integer()));
    case Field::Kind::kBytes:
      return append_base64(out, field.bytes());
    case Field::Kind::kException: {
      TextBuffer text;
      append_causes(text, field.exception());
      return append_text(out, text.view(), format);
    }
    case Field::Kind::kErrorCode:
      return append_text(out, field.error_code().message(), format);
    case Field::Kind::kObject:
      return append_members(out, field.members());
  }
}

// JSON in both forms.
void FieldText::append_members(TextBuffer& out, std::span<const Field> members) const {
  out.append('{');
  bool first = true;
  for (const Field& member : members) {
    if (!std::exchange(first, false)) out.append(',');
    append_json_string(out, member.key());
    out.append(':');
    append_value(out, member, Format::kJson);
  }
  out.append('}');
}

}  // namespace lokitail::telemetry
