#include "agent/source/gelf/gelf_message.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "agent/source/decompressor.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::agent {
namespace {

using pipeline::lang::append_json_string;
using pipeline::lang::JsonMember;
using pipeline::lang::JsonStyle;
using pipeline::lang::JsonValue;
using pipeline::lang::print_json;

constexpr std::size_t kMostMessageBytes = std::size_t{4}
                                          << 20;  // unpacked; 128 datagrams of 8 KiB make 1 MiB
constexpr auto kStyle = JsonStyle::kEncodingJson;

constexpr std::array<std::string_view, 8> kLevels = {"emergency", "alert",  "critical",      "error",
                                                     "warning",   "notice", "informational", "debug"};

std::optional<Compression> compression_in(std::string_view packed) {
  if (packed.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (packed.size() < 2 || packed[0] != '\x78') return std::nullopt;
  const unsigned head = 0x7800u + static_cast<unsigned char>(packed[1]);
  return head % 31 == 0 ? std::optional(Compression::kZlib) : std::nullopt;
}

// The text with the bytes behind it that may be read.
std::optional<std::string_view> unpack(std::string_view packed, pipeline::Arena& arena) {
  const auto compression = compression_in(packed);
  if (!compression) return arena.copy(packed);
  std::string text;
  if (unpack_whole(*compression, packed, kMostMessageBytes, text, Behind::kAnything) != UnpackResult::kWhole)
    return std::nullopt;
  return arena.copy(text);
}

// Numbers that are no numbers, or not whole, make the message none, as for Promtail.
struct Fields {
  std::string_view short_message;
  std::string_view full_message;
  double time = 0;
  std::int32_t level = 0;
  std::vector<JsonMember> more;  // whose names begin with _
};

bool take_text(const JsonValue& value, std::string_view& text) {
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  text = value.text();
  return true;
}

bool take(const JsonMember& member, GelfMessage& message, Fields& fields) {
  if (member.key.starts_with('_')) {
    fields.more.push_back(member);
    return true;
  }
  const JsonValue& value = member.value;
  if (member.key == "version") return take_text(value, message.version);
  if (member.key == "host") return take_text(value, message.host);
  if (member.key == "short_message") return take_text(value, fields.short_message);
  if (member.key == "full_message") return take_text(value, fields.full_message);
  if (member.key == "facility") return take_text(value, message.facility);
  if (member.key == "timestamp") {
    if (!value.is_number()) return false;
    fields.time = value.number();
  } else if (member.key == "level") {
    if (!value.is_number() || std::abs(value.number()) > 0x7FFFFFFF) return false;
    fields.level = static_cast<std::int32_t>(value.number());
  }
  return true;  // other names are passed over
}

void append_text(std::string& line, std::string_view name, std::string_view text) {
  line.append(",\"").append(name).append("\":");
  append_json_string(line, text, kStyle);
}

bool write_line(const Fields& fields, GelfMessage& message) {
  std::string& line = message.line;
  line = "{\"version\":";
  append_json_string(line, message.version, kStyle);
  append_text(line, "host", message.host);
  append_text(line, "short_message", fields.short_message);
  if (!fields.full_message.empty()) append_text(line, "full_message", fields.full_message);
  line += ",\"timestamp\":";
  if (!print_json(line, JsonValue(fields.time), kStyle)) return false;
  if (fields.level != 0) line += ",\"level\":" + std::to_string(fields.level);
  if (!message.facility.empty()) append_text(line, "facility", message.facility);
  for (const JsonMember& member : fields.more) {
    line += ',';
    append_json_string(line, member.key, kStyle);
    line += ':';
    if (!print_json(line, member.value, kStyle)) return false;
  }
  line += '}';
  return true;
}

}  // namespace

std::optional<GelfMessage> read_gelf(std::string_view packed, pipeline::Arena& arena) {
  const auto text = unpack(packed, arena);
  if (!text) return std::nullopt;
  pipeline::lang::JsonParser parser;
  const auto document = parser.parse_document(*text, arena);
  if (!document || document->prints_null()) return std::nullopt;
  GelfMessage message;
  Fields fields;
  for (const JsonMember& member : document->members()) {
    if (!take(member, message, fields)) return std::nullopt;
  }
  std::ranges::stable_sort(fields.more, {}, &JsonMember::key);
  if (!write_line(fields, message)) return std::nullopt;
  if (fields.level >= 0 && static_cast<std::size_t>(fields.level) < kLevels.size()) {
    message.level = kLevels[static_cast<std::size_t>(fields.level)];
  }
  if (fields.time != 0 && std::abs(fields.time) < 9e9) {
    // As Promtail does it: a double holds so many nanoseconds to a quarter of a microsecond.
    message.time = pipeline::Timestamp::from_unix_nanoseconds(static_cast<std::int64_t>(fields.time * 1e9));
  }
  return message;
}

}  // namespace lokitail::agent
