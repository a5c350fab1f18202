// Lists. No function changes a list; each makes a new one. Sprig has most of them twice; the ones
// with `must` differ in Go only in how they end a template, by a panic or by an error.
#include <algorithm>

#include "pipeline/lang/go_template/convert.h"
#include "pipeline/lang/go_template/equality.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Items = std::span<const Value>;

// Go's nil slice, which Sprig returns where a list is too short.
Value no_list() { return Value::list({}); }

// The items of an argument that has to be a list; with any other the call fails.
Items items(const Call& call, std::size_t argument) {
  const Value& value = call[argument];
  if (value.is_list()) return value.as_list();
  call.context.fail("not a list but a value of type ", type_name(value));
  return {};
}

Value list(const Call& call) { return call.context.list(call.arguments); }

Value first(const Call& call) {
  const Items all = items(call, 0);
  return all.empty() ? Value::nil() : all.front();
}

Value last(const Call& call) {
  const Items all = items(call, 0);
  return all.empty() ? Value::nil() : all.back();
}

Value rest(const Call& call) {
  const Items all = items(call, 0);
  return all.empty() ? no_list() : call.context.list(all.subspan(1));
}

Value initial(const Call& call) {
  const Items all = items(call, 0);
  return all.empty() ? no_list() : call.context.list(all.first(all.size() - 1));
}

Value append(const Call& call) {
  List out(call.context);
  for (const Value& item : items(call, 0)) out.add(item);
  out.add(call[1]);
  return out.value();
}

Value prepend(const Call& call) {
  List out(call.context);
  out.add(call[1]);
  for (const Value& item : items(call, 0)) out.add(item);
  return out.value();
}

Value reverse(const Call& call) {
  const Items all = items(call, 0);
  List out(call.context);
  for (auto item = all.rbegin(); item != all.rend(); ++item) out.add(*item);
  return out.value();
}

Value compact(const Call& call) {
  List out(call.context);
  for (const Value& item : items(call, 0)) {
    if (truth(item)) out.add(item);
  }
  return out.value();
}

bool contains(Context& context, Items all, const Value& wanted) {
  return std::ranges::any_of(all, [&](const Value& item) { return deep_equal(context, wanted, item); });
}

Value uniq(const Call& call) {
  List out(call.context);
  for (const Value& item : items(call, 0)) {
    if (!contains(call.context, out.value().as_list(), item)) out.add(item);
  }
  return out.value();
}

Value without(const Call& call) {
  List out(call.context);
  for (const Value& item : items(call, 0)) {
    if (!contains(call.context, call.arguments.subspan(1), item)) out.add(item);
  }
  return out.value();
}

Value has(const Call& call) {
  if (call[1].empty()) return Value::boolean(false);
  return Value::boolean(contains(call.context, items(call, 1), call[0]));
}

// slice list [from [to]]
Value slice(const Call& call) {
  const Items all = items(call, 0);
  if (all.empty()) return Value::nil();
  const std::int64_t from = call.size() > 1 ? to_integer(call[1]) : 0;
  const auto size = static_cast<std::int64_t>(all.size());
  const std::int64_t to = call.size() > 2 ? to_integer(call[2]) : size;
  if (from < 0 || to < from || to > size) return call.context.fail("slice index out of bounds");
  const Items part = all.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
  return call.context.list(part, call[0].type());
}

Value concat(const Call& call) {
  List out(call.context);
  for (std::size_t i = 0; i < call.size(); ++i) {
    for (const Value& item : items(call, i)) out.add(item);
  }
  return out.size() == 0 ? no_list() : out.value();
}

// Lists of at most `size` items each.
Value chunk(const Call& call) {
  Items all = items(call, 1);
  const std::int64_t size = call[0].as_integer();
  List out(call.context, Type::kListList);
  if (size <= 0) {
    // Go reckons how many chunks there will be, and gets that far with a few of these.
    const auto count = static_cast<std::int64_t>(all.size());
    if (count == 1 && size < -1) {
      out.add(call.context.list(all));
      return out.value();
    }
    if (size < 0 && count >= 2 && size <= 1 - count) return out.value();
    return call.context.fail("the size of chunks must be positive");
  }
  while (!all.empty() && !call.context.failed()) {
    const std::size_t part = std::min(all.size(), static_cast<std::size_t>(size));
    out.add(call.context.list(all.first(part)));
    all = all.subspan(part);
  }
  return out.value();
}

// Any value as a list of texts; what is nil is left out.
Value texts(Context& context, const Value& value) {
  if (value.is(Type::kStringList)) return value;
  List out(context, Type::kStringList);
  const auto add = [&](const Value& item) {
    if (!item.empty()) out.add(Value::string(to_text(context, item)));
  };
  if (value.is_list()) {
    for (const Value& item : value.as_list()) add(item);
  } else {
    add(value);
  }
  return out.value();
}

Value to_strings(const Call& call) { return texts(call.context, call[0]); }

Value join(const Call& call) {
  Text out(call.context);
  bool is_first = true;
  for (const Value& text : texts(call.context, call[1]).as_list()) {
    if (!is_first) out += call.string(0);
    is_first = false;
    out += text.as_string();
  }
  return out.value();
}

Value sort_alpha(const Call& call) {
  if (!call[0].is_list()) {
    const Value text = Value::string(to_text(call.context, call[0]));
    return call.context.list({&text, 1}, Type::kStringList);
  }
  const Items unsorted = texts(call.context, call[0]).as_list();
  if (!call.context.spend(8 * unsorted.size())) return {};
  const std::span<Value> sorted = call.context.allocate<Value>(unsorted.size());
  std::ranges::copy(unsorted.first(sorted.size()), sorted.begin());
  std::ranges::sort(sorted, {}, &Value::as_string);
  return call.context.list(sorted, Type::kStringList);
}

constexpr Function kListFunctions[] = {
    {"list", "any...", list},
    {"tuple", "any...", list},
    {"first", "any", first},
    {"mustFirst", "any", first},
    {"last", "any", last},
    {"mustLast", "any", last},
    {"rest", "any", rest},
    {"mustRest", "any", rest},
    {"initial", "any", initial},
    {"mustInitial", "any", initial},
    {"append", "any any", append},
    {"push", "any any", append},
    {"mustAppend", "any any", append},
    {"mustPush", "any any", append},
    {"prepend", "any any", prepend},
    {"mustPrepend", "any any", prepend},
    {"reverse", "any", reverse},
    {"mustReverse", "any", reverse},
    {"compact", "any", compact},
    {"mustCompact", "any", compact},
    {"uniq", "any", uniq},
    {"mustUniq", "any", uniq},
    {"without", "any any...", without},
    {"mustWithout", "any any...", without},
    {"has", "any any", has},
    {"mustHas", "any any", has},
    {"slice", "any any...", slice},
    {"mustSlice", "any any...", slice},
    {"concat", "any...", concat},
    {"chunk", "int any", chunk},
    {"mustChunk", "int any", chunk},
    {"join", "string any", join},
    {"sortAlpha", "any", sort_alpha},
    {"toStrings", "any", to_strings},
};

}  // namespace

std::span<const Function> list_functions() { return kListFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
