// JSON to values and back, as Go's encoding/json does it.
#include <cmath>

#include "pipeline/lang/go_template/escape.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/version.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// The parser knows no limit on depth that values have here.
Value convert(Context& context, const JsonValue& json, int depth = 0) {
  if (depth > kMaxValueDepth) return context.fail("JSON is nested too deeply");
  switch (json.kind()) {
    case JsonValue::Kind::kBool:
      return Value::boolean(json.boolean());
    case JsonValue::Kind::kNumber:
      return Value::number(json.number());
    case JsonValue::Kind::kString:
      return context.text(json.text());
    case JsonValue::Kind::kArray: {
      List list(context);
      for (const JsonValue& item : json.items()) list.add(convert(context, item, depth + 1));
      return list.value();
    }
    case JsonValue::Kind::kObject: {
      Map* const map = context.new_map();
      for (const JsonMember& member : json.members()) {
        context.set(*map, context.copy(member.key), convert(context, member.value, depth + 1));
      }
      return Value::map(map);
    }
    case JsonValue::Kind::kNull:
    case JsonValue::Kind::kExpression:
      break;
  }
  return Value::nil();
}

std::optional<Value> parse(const Call& call) {
  const std::string_view text = call.string(0);
  if (!call.context.spend(text.size())) return std::nullopt;
  Arena arena;
  const auto json = parse_strict_json(text, arena);
  if (!json) return std::nullopt;
  return convert(call.context, *json);
}

Value from_json(const Call& call) { return parse(call).value_or(Value::nil()); }

Value must_from_json(const Call& call) {
  const auto value = parse(call);
  return value ? *value : call.context.fail("invalid JSON");
}

class Writer {
 public:
  Writer(Text& out, bool escape_html, bool pretty) : out_(out), escape_html_(escape_html), pretty_(pretty) {}

  // False for what JSON cannot hold.
  bool write(const Value& value, std::size_t depth = 0) {
    if (depth > kMaxValueDepth) return out_.context().fail("a value is nested too deeply"), false;
    if (!out_.context().spend(1)) return false;
    if (value.is_list()) return write_list(value, depth);
    if (value.is_map()) return write_map(value, depth);
    switch (value.type()) {
      case Type::kNone:
      case Type::kNil:
        out_ += "null";
        return true;
      case Type::kBool:
        out_ += value.as_bool() ? "true" : "false";
        return true;
      case Type::kFloat:
        return write_number(value.as_number());
      case Type::kString:
        append_json_string(out_, value.as_string(), escape_html_);
        return true;
      case Type::kTime:
        return write_time(value.as_time());
      case Type::kVersion: {
        Text version(out_.context());
        append_version(version, value.as_version());
        append_json_string(out_, version.view(), escape_html_);
        return true;
      }
      case Type::kKeyPair: {
        const Map::Entry fields[] = {{"Cert", Value::string(value.as_key_pair().certificate)},
                                     {"Key", Value::string(value.as_key_pair().key)}};
        return write_members(fields, depth);
      }
      default:
        break;
    }
    NumberBuffer buffer;
    out_ +=
        value.is_signed() ? format_int(value.as_integer(), buffer) : format_uint(value.as_unsigned(), buffer);
    return true;
  }

 private:
  bool write_list(const Value& value, std::size_t depth) {
    const auto items = value.as_list();
    if (items.data() == nullptr) return out_ += "null", true;
    if (items.empty()) return out_ += "[]", true;
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      new_line(depth + 1);
      if (!write(items[i], depth + 1)) return false;
    }
    new_line(depth);
    out_ += ']';
    return true;
  }

  bool write_map(const Value& value, std::size_t depth) { return write_members(value.as_map().all(), depth); }

  bool write_members(std::span<const Map::Entry> entries, std::size_t depth) {
    if (entries.empty()) return out_ += "{}", true;
    out_ += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ',';
      new_line(depth + 1);
      append_json_string(out_, entries[i].key, escape_html_);
      out_ += pretty_ ? ": " : ":";
      if (!write(entries[i].value, depth + 1)) return false;
    }
    new_line(depth);
    out_ += '}';
    return true;
  }

  // Without an exponent from 1e-6 to 1e21; the exponent has no leading zero.
  bool write_number(double number) {
    if (!std::isfinite(number)) return false;
    const double magnitude = std::abs(number);
    const bool scientific = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
    NumberBuffer buffer;
    const std::string_view text = format_float(number, scientific ? 'e' : 'f', -1, buffer);
    const bool leading_zero = scientific && text.size() >= 4 && text[text.size() - 4] == 'e' &&
                              text[text.size() - 3] == '-' && text[text.size() - 2] == '0';
    out_ += text.substr(0, text.size() - (leading_zero ? 2 : 0));
    if (leading_zero) out_ += text.back();
    return true;
  }

  bool write_time(const Time& time) {
    static const TimeLayout layout = TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
    ((out_ += '"') += layout.format(time.instant, time.zone)) += '"';
    return true;
  }

  void new_line(std::size_t depth) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append_repeated(' ', 2 * depth);
  }

  Text& out_;
  const bool escape_html_;
  const bool pretty_;
};

// What cannot be written is an empty text or, for toRawJson and the functions with `must`, an error.
template <bool kEscapeHtml, bool kPretty, bool kMust>
Value to_json(const Call& call) {
  Text out(call.context);
  if (Writer(out, kEscapeHtml, kPretty).write(call[0])) return out.value();
  if (kMust) return call.context.fail("json: unsupported value");
  return Value::string("");
}

constexpr Function kJsonFunctions[] = {
    {"fromJson", "string", from_json},
    {"mustFromJson", "string", must_from_json},
    {"toJson", "any", to_json<true, false, false>},
    {"mustToJson", "any", to_json<true, false, true>},
    {"toPrettyJson", "any", to_json<true, true, false>},
    {"mustToPrettyJson", "any", to_json<true, true, true>},
    {"toRawJson", "any", to_json<false, false, true>},
    {"mustToRawJson", "any", to_json<false, false, true>},
};

}  // namespace

std::span<const Function> json_functions() { return kJsonFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
