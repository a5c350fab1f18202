// Texts: Promtail's own functions, which take the text first, and Sprig's, which take it last.
#include <algorithm>

#include "pipeline/lang/go_template/convert.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/text_search.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

std::string_view trim_left(std::string_view text, std::string_view cutset) {
  while (!text.empty()) {
    const Character first = first_character(text);
    if (!contains_character(cutset, first.code)) break;
    text.remove_prefix(first.size);
  }
  return text;
}

std::string_view trim_right(std::string_view text, std::string_view cutset) {
  while (!text.empty()) {
    const Character last = last_character(text);
    if (!contains_character(cutset, last.code)) break;
    text.remove_suffix(last.size);
  }
  return text;
}

std::string_view trim_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string_view trim_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

std::string_view trim_both(std::string_view text, std::string_view cutset) {
  return trim_left(trim_right(text, cutset), cutset);
}

// A function of two texts: `kText` is the number of the argument that is worked on.
template <std::string_view (*trim)(std::string_view, std::string_view), std::size_t kText>
Value trimmed(const Call& call) {
  return Value::string(trim(call.string(kText), call.string(1 - kText)));
}

Value trim_spaces(const Call& call) { return Value::string(trim_space(call.string(0))); }

Value replace_some(const Call& call) {
  return replace_text(call.context, call.string(0), call.string(1), call.string(2), call[3].as_integer());
}

Value replace_all(const Call& call) {
  return replace_text(call.context, call.string(2), call.string(0), call.string(1), -1);
}

Value contains(const Call& call) {
  return Value::boolean(call.string(1).find(call.string(0)) != std::string_view::npos);
}
Value has_prefix(const Call& call) { return Value::boolean(call.string(1).starts_with(call.string(0))); }
Value has_suffix(const Call& call) { return Value::boolean(call.string(1).ends_with(call.string(0))); }

Value hello(const Call&) { return Value::string("Hello!"); }

// Cuts at a count of bytes; a negative one counts from the end.
Value trunc(const Call& call) {
  const std::string_view text = call.string(1);
  const std::int64_t count = call[0].as_integer();
  const auto size = static_cast<std::int64_t>(text.size());
  if (count < 0 && count > -size) return Value::string(text.substr(static_cast<std::size_t>(size + count)));
  if (count >= 0 && count < size) return Value::string(text.substr(0, static_cast<std::size_t>(count)));
  return Value::string(text);
}

Value substr(const Call& call) {
  const std::int64_t start = call[0].as_integer();
  const std::int64_t end = call[1].as_integer();
  const std::string_view text = call.string(2);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t from = start < 0 ? 0 : start;
  const std::int64_t to = start >= 0 && (end < 0 || end > size) ? size : end;
  if (from > to || to > size) return call.context.fail("slice bounds out of range");
  return Value::string(text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

Value repeat(const Call& call) {
  const std::int64_t count = call[0].as_integer();
  const std::string_view text = call.string(1);
  if (count < 0) return call.context.fail("strings: negative Repeat count");
  Text out(call.context);
  if (text.size() == 1) {
    out.append_repeated(text.front(), static_cast<std::size_t>(count));
    return out.value();
  }
  for (std::int64_t i = 0; i < count && !text.empty() && !call.context.failed(); ++i) out += text;
  return out.value();
}

// As Apache Commons' StringUtils.abbreviate: at most `width` bytes, with dots where text is left
// out.
std::string_view abbreviate(Context& context, std::string_view text, std::int64_t offset,
                            std::int64_t width) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (text.empty() || width < 4 || size <= width) return width < 4 ? "" : text;
  offset = std::min(offset, size);
  if (size - offset < width - 3) offset = size - (width - 3);
  const auto part = [&](std::int64_t from, std::int64_t count) {
    return text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  };
  Text out(context);
  if (offset <= 4) {
    (out += part(0, width - 3)) += "...";
    return out.view();
  }
  if (width < 7) return "";
  out += "...";
  if (offset + width - 3 < size) {
    out += abbreviate(context, part(offset, size - offset), 0, width - 3);
  } else {
    out += part(size - (width - 3), width - 3);
  }
  return out.view();
}

Value abbrev(const Call& call) {
  const std::int64_t width = call[0].as_integer();
  if (width < 4) return call[1];
  return Value::string(abbreviate(call.context, call.string(1), 0, width));
}

Value abbrevboth(const Call& call) {
  const std::int64_t offset = call[0].as_integer();
  const std::int64_t width = call[1].as_integer();
  if (width < 4 || (offset > 0 && width < 7)) return call[2];
  return Value::string(abbreviate(call.context, call.string(2), offset, width));
}

Value quote(const Call& call) {
  Text out(call.context);
  for (const Value& value : call.arguments) {
    if (value.empty()) continue;
    if (out.size() > 0) out += ' ';
    const Value text = Value::string(to_text(call.context, value));
    append_formatted(out, "%q", {&text, 1});
  }
  return out.value();
}

Value squote(const Call& call) {
  Text out(call.context);
  for (const Value& value : call.arguments) {
    if (value.empty()) continue;
    if (out.size() > 0) out += ' ';
    out += '\'';
    append_value(out, value);
    out += '\'';
  }
  return out.value();
}

Value cat(const Call& call) {
  Text out(call.context);
  bool first = true;
  for (const Value& value : call.arguments) {
    if (value.empty()) continue;
    if (!first) out += ' ';
    first = false;
    append_value(out, value);
  }
  return out.value();
}

void append_indented(Text& out, std::int64_t spaces, std::string_view text) {
  const auto width = static_cast<std::size_t>(spaces);
  out.append_repeated(' ', width);
  while (!text.empty() && !out.context().failed()) {
    const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    out += text.substr(0, line);
    if (text[line - 1] == '\n') out.append_repeated(' ', width);
    text.remove_prefix(line);
  }
}

Value indent(const Call& call) {
  if (call[0].as_integer() < 0) return call.context.fail("strings: negative Repeat count");
  Text out(call.context);
  append_indented(out, call[0].as_integer(), call.string(1));
  return out.value();
}

Value nindent(const Call& call) {
  if (call[0].as_integer() < 0) return call.context.fail("strings: negative Repeat count");
  Text out(call.context);
  out += '\n';
  append_indented(out, call[0].as_integer(), call.string(1));
  return out.value();
}

Value plural(const Call& call) { return call[2].as_integer() == 1 ? call[0] : call[1]; }

// Breaks a text at spaces, so that lines are at most `width` bytes long; words longer than that are
// cut only if `cut` says so.
Value wrap_text(Context& context, std::string_view text, std::int64_t given_width,
                std::string_view line_break, bool cut) {
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(given_width, 1));
  if (line_break.empty()) line_break = "\n";
  Text out(context);
  while (text.size() > width && !context.failed()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    std::size_t space = text.rfind(' ', width);
    if (space == std::string_view::npos && cut) {
      (out += text.substr(0, width)) += line_break;
      text.remove_prefix(width);
      continue;
    }
    if (space == std::string_view::npos) space = text.find(' ', width);
    if (space == std::string_view::npos) break;
    (out += text.substr(0, space)) += line_break;
    text.remove_prefix(space + 1);
  }
  out += text;
  return out.value();
}

Value wrap(const Call& call) {
  return wrap_text(call.context, call.string(1), call[0].as_integer(), "", false);
}

Value wrap_with(const Call& call) {
  return wrap_text(call.context, call.string(2), call[0].as_integer(), call.string(1), true);
}

Value split_list(const Call& call) {
  List parts(call.context, Type::kStringList);
  split_text(call.string(1), call.string(0), -1,
             [&](std::string_view part) { parts.add(Value::string(part)); });
  return parts.value();
}

// Parts under the names _0, _1, and so on.
Value split_into_map(Context& context, std::string_view text, std::string_view separator, std::int64_t most) {
  Map* const parts = context.new_map();
  std::uint64_t count = 0;
  split_text(text, separator, most, [&](std::string_view part) {
    if (context.failed()) return;
    NumberBuffer buffer;
    Text name(context);
    (name += '_') += format_uint(count++, buffer);
    context.set(*parts, name.view(), Value::string(part));
  });
  return Value::map(parts, Type::kStringMap);
}

Value split(const Call& call) { return split_into_map(call.context, call.string(1), call.string(0), -1); }

Value splitn(const Call& call) {
  return split_into_map(call.context, call.string(2), call.string(0), call[1].as_integer());
}

Value to_string(const Call& call) { return Value::string(to_text(call.context, call[0])); }

constexpr Function kStringFunctions[] = {
    {"TrimSpace", "string", trim_spaces},
    {"Trim", "string string", trimmed<trim_both, 0>},
    {"TrimLeft", "string string", trimmed<trim_left, 0>},
    {"TrimRight", "string string", trimmed<trim_right, 0>},
    {"TrimPrefix", "string string", trimmed<trim_prefix, 0>},
    {"TrimSuffix", "string string", trimmed<trim_suffix, 0>},
    {"Replace", "string string string int", replace_some},
    {"hello", "", hello},
    {"abbrev", "int string", abbrev},
    {"abbrevboth", "int int string", abbrevboth},
    {"trunc", "int string", trunc},
    {"trim", "string", trim_spaces},
    {"trimall", "string string", trimmed<trim_both, 1>},
    {"trimAll", "string string", trimmed<trim_both, 1>},
    {"trimSuffix", "string string", trimmed<trim_suffix, 1>},
    {"trimPrefix", "string string", trimmed<trim_prefix, 1>},
    {"substr", "int int string", substr},
    {"repeat", "int string", repeat},
    {"contains", "string string", contains},
    {"hasPrefix", "string string", has_prefix},
    {"hasSuffix", "string string", has_suffix},
    {"quote", "any...", quote},
    {"squote", "any...", squote},
    {"cat", "any...", cat},
    {"indent", "int string", indent},
    {"nindent", "int string", nindent},
    {"replace", "string string string", replace_all},
    {"plural", "string string int", plural},
    {"wrap", "int string", wrap},
    {"wrapWith", "int string string", wrap_with},
    {"split", "string string", split},
    {"splitList", "string string", split_list},
    {"splitn", "string int string", splitn},
    {"toString", "any", to_string},
};

}  // namespace

std::span<const Function> string_functions() { return kStringFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
