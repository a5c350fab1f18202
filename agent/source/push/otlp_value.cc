#include "agent/source/push/otlp_value.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "agent/loki/protobuf_reader.h"
#include "config/base64.h"
#include "pipeline/label_name.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::agent {
namespace {

using pipeline::Arena;
using pipeline::lang::JsonMember;
using pipeline::lang::JsonValue;
using Kind = OtlpValue::Kind;

// Field numbers of AnyValue.
enum { kStringField = 1, kBoolField, kIntegerField, kDoubleField, kArrayField, kMapField, kBytesField };

// In JSON, bytes are base64; the text that is given back is that of the bytes.
bool from_base64(std::string_view text, Arena& arena, std::string_view& bytes) {
  while (text.ends_with('=')) text.remove_suffix(1);
  char* const start = arena.allocate(text.size());
  std::size_t size = 0;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<std::uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<std::uint32_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      digit = static_cast<std::uint32_t>(c - '0') + 52;
    else if (c == '+' || c == '-')
      digit = 62;
    else if (c == '/' || c == '_')
      digit = 63;
    else
      return false;
    group = (group << 6 | digit) & 0xFFFFFFu;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      start[size++] = static_cast<char>(group >> bits & 0xFFu);
    }
  }
  bytes = {start, size};
  return true;
}

void append_number(std::string& out, double number) {
  if (!pipeline::lang::print_json(out, JsonValue(number), pipeline::lang::JsonStyle::kEncodingJson)) {
    out += std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf";
  }
}

void append_json(std::string& out, const OtlpValue& value) {
  using pipeline::lang::append_json_string;
  constexpr auto kStyle = pipeline::lang::JsonStyle::kEncodingJson;
  switch (value.kind) {
    case Kind::kEmpty:
      out += "null";
      return;
    case Kind::kString:
      return append_json_string(out, value.text, kStyle);
    case Kind::kBool:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::kInteger:
      out += std::to_string(value.integer);
      return;
    case Kind::kDouble:
      return append_number(out, value.number);
    case Kind::kBytes:
      return append_json_string(out, config::encode_base64(value.text), kStyle);
    case Kind::kArray:
      out += '[';
      for (const OtlpValue& item : value.items) {
        if (&item != &value.items.front()) out += ',';
        append_json(out, item);
      }
      out += ']';
      return;
    case Kind::kMap: {
      std::vector<const std::pair<std::string_view, OtlpValue>*> sorted;
      for (const auto& member : value.members) sorted.push_back(&member);
      std::ranges::stable_sort(sorted, {}, [](const auto* member) { return member->first; });
      out += '{';
      for (const auto* member : sorted) {
        if (member != sorted.front()) out += ',';
        append_json_string(out, member->first, kStyle);
        out += ':';
        append_json(out, member->second);
      }
      out += '}';
      return;
    }
  }
}

bool read_items(std::string_view message, OtlpValue& value, OtlpAllowance& allowance, int depth) {
  ProtobufReader reader(message);
  while (reader.next()) {
    if (reader.number() != 1 || !reader.is_bytes()) continue;
    if (value.kind == Kind::kMap) {
      if (!read_otlp_member(reader.bytes(), value.members, allowance, depth)) return false;
    } else if (!allowance.take_value() ||
               !read_otlp_value(reader.bytes(), value.items.emplace_back(), allowance, depth)) {
      return false;
    }
  }
  return reader.sound();
}

// 64 bits are written as text in JSON, but a number will do.
bool read_integer(const JsonValue& json, std::int64_t& integer) {
  if (json.is_number()) {
    if (!(std::abs(json.number()) < 9.2e18)) return false;
    integer = static_cast<std::int64_t>(json.number());
    return true;
  }
  if (!json.is_string()) return false;
  const std::string_view text = json.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_double(const JsonValue& json, double& number) {
  if (json.is_number()) {
    number = json.number();
    return true;
  }
  if (!json.is_string()) return false;
  if (json.text() == "NaN")
    number = std::numeric_limits<double>::quiet_NaN();
  else if (json.text() == "Infinity")
    number = std::numeric_limits<double>::infinity();
  else if (json.text() == "-Infinity")
    number = -std::numeric_limits<double>::infinity();
  else
    return false;
  return true;
}

}  // namespace

bool read_otlp_value(std::string_view message, OtlpValue& value, OtlpAllowance& allowance, int depth) {
  if (depth > kMostOtlpDepth) return false;
  ProtobufReader reader(message);
  while (reader.next()) {
    value = {};
    value.text = reader.bytes();
    switch (reader.number()) {
      case kStringField:
        value.kind = Kind::kString;
        break;
      case kBoolField:
        value.kind = Kind::kBool;
        value.boolean = reader.value() != 0;
        break;
      case kIntegerField:
        value.kind = Kind::kInteger;
        value.integer = static_cast<std::int64_t>(reader.value());
        break;
      case kDoubleField:
        value.kind = Kind::kDouble;
        value.number = std::bit_cast<double>(reader.value());
        break;
      case kArrayField:
      case kMapField:
        value.kind = reader.number() == kArrayField ? Kind::kArray : Kind::kMap;
        if (!read_items(reader.bytes(), value, allowance, depth + 1)) return false;
        break;
      case kBytesField:
        value.kind = Kind::kBytes;
        break;
      default:
        break;
    }
  }
  return reader.sound();
}

bool read_otlp_member(std::string_view message, OtlpMembers& members, OtlpAllowance& allowance, int depth) {
  if (!allowance.take_value()) return false;
  auto& [key, value] = members.emplace_back(std::string_view(), OtlpValue());
  ProtobufReader reader(message);
  while (reader.next()) {
    if (reader.number() == 1) key = reader.bytes();
    if (reader.number() == 2 && !read_otlp_value(reader.bytes(), value, allowance, depth)) return false;
  }
  return reader.sound();
}

bool read_otlp_value(const JsonValue& json, OtlpValue& value, Arena& arena, OtlpAllowance& allowance,
                     int depth) {
  value = {};
  if (json.is_null()) return true;
  if (!json.is_object() || depth > kMostOtlpDepth) return false;
  for (const JsonMember& member : json.members()) {
    const JsonValue& given = member.value;
    if (given.is_null()) continue;
    bool sound = true;
    if (member.key == "stringValue") {
      value.kind = Kind::kString;
      sound = given.is_string();
      if (sound) value.text = given.text();
    } else if (member.key == "boolValue") {
      value.kind = Kind::kBool;
      sound = given.kind() == JsonValue::Kind::kBool;
      value.boolean = sound && given.boolean();
    } else if (member.key == "intValue") {
      value.kind = Kind::kInteger;
      sound = read_integer(given, value.integer);
    } else if (member.key == "doubleValue") {
      value.kind = Kind::kDouble;
      sound = read_double(given, value.number);
    } else if (member.key == "bytesValue") {
      value.kind = Kind::kBytes;
      sound = given.is_string() && from_base64(given.text(), arena, value.text);
    } else if (member.key == "arrayValue") {
      value.kind = Kind::kArray;
      const JsonValue* const items = given.find("values");
      sound = items == nullptr || items->is_array();
      for (std::size_t i = 0; sound && items != nullptr && i < items->items().size(); ++i) {
        sound = allowance.take_value() &&
                read_otlp_value(items->items()[i], value.items.emplace_back(), arena, allowance, depth + 1);
      }
    } else if (member.key == "kvlistValue") {
      value.kind = Kind::kMap;
      const JsonValue* const members = given.find("values");
      sound = members == nullptr || read_otlp_members(*members, value.members, arena, allowance, depth + 1);
    }
    if (!sound) return false;
  }
  return true;
}

bool read_otlp_members(const JsonValue& json, OtlpMembers& members, Arena& arena, OtlpAllowance& allowance,
                       int depth) {
  if (json.is_null()) return true;
  if (!json.is_array()) return false;
  for (const JsonValue& item : json.items()) {
    if (!allowance.take_value()) return false;
    auto& [key, value] = members.emplace_back(std::string_view(), OtlpValue());
    const JsonValue* const name = item.find("key");
    const JsonValue* const content = item.find("value");
    if (name != nullptr && name->is_string()) key = name->text();
    if (content != nullptr && !read_otlp_value(*content, value, arena, allowance, depth)) return false;
  }
  return true;
}

std::string_view text_of(const OtlpValue& value, Arena& arena) {
  switch (value.kind) {
    case Kind::kEmpty:
      return {};
    case Kind::kString:
      return value.text;
    case Kind::kBool:
      return arena.copy(value.boolean ? "true" : "false");
    case Kind::kBytes:
      return arena.copy(config::encode_base64(value.text));
    case Kind::kInteger:
    case Kind::kDouble:
    case Kind::kArray:
    case Kind::kMap:
      break;
  }
  std::string text;
  append_json(text, value);
  return arena.copy(text);
}

std::string_view otlp_label_name(std::string_view name, Arena& arena) {
  if (name.empty()) return {};
  const bool needs_letter = name.front() >= '0' && name.front() <= '9';
  const std::string made = (needs_letter ? "key_" : "") + pipeline::sanitized_label_name(name);
  return made == name ? name : arena.copy(made);
}

bool add_flattened(std::string_view name, const OtlpValue& value, Arena& arena, OtlpAllowance& allowance,
                   ReceivedBlock::Pairs& pairs) {
  if (name.empty()) return true;
  if (value.kind != Kind::kMap) {
    pairs.emplace_back(otlp_label_name(name, arena), text_of(value, arena));
    return true;
  }
  return std::ranges::all_of(value.members, [&](const auto& member) {
    const auto& [key, inner] = member;
    return allowance.take_name(name.size() + 1 + key.size()) &&
           add_flattened(arena.copy(fmt::format("{}_{}", name, key)), inner, arena, allowance, pairs);
  });
}

bool add_flattened(const OtlpMembers& members, Arena& arena, OtlpAllowance& allowance,
                   ReceivedBlock::Pairs& pairs) {
  return std::ranges::all_of(members, [&](const auto& member) {
    return add_flattened(member.first, member.second, arena, allowance, pairs);
  });
}

}  // namespace lokitail::agent
