// What text/template itself offers, comparisons aside.
#include "pipeline/lang/go_template/escape.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value not_(const Call& call) { return Value::boolean(!truth(call[0])); }

Value len(const Call& call) {
  const Value& value = call[0];
  std::size_t size = 0;
  if (value.is(Type::kString)) {
    size = value.as_string().size();
  } else if (value.is_list()) {
    size = value.as_list().size();
  } else if (value.is_map()) {
    size = value.as_map().size;
  } else if (value.empty()) {
    return call.context.fail("len of untyped nil");
  } else {
    return call.context.fail("len of type ", type_name(value));
  }
  return Value::integer(static_cast<std::int64_t>(size));
}

// One step of index: into a map by key, into lists and strings by number.
Value index_into(Context& context, const Value& value, const Value& index) {
  if (value.is_map()) {
    if (!index.is(Type::kString)) {
      return context.fail("value is not a key of the map; its type is ", type_name(index));
    }
    const Value* const found = value.as_map().find(index.as_string());
    if (found != nullptr) return *found;
    return value.is(Type::kStringMap) ? Value::string("") : Value::nil();
  }
  if (!value.is_list() && !value.is(Type::kString)) {
    return context.fail("can't index item of type ", type_name(value));
  }
  if (index.empty()) return context.fail("cannot index slice/array with nil");
  if (!index.is_integer()) {
    return context.fail("cannot index slice/array with type ", type_name(index));
  }
  const bool is_string = value.is(Type::kString);
  const std::size_t size = is_string ? value.as_string().size() : value.as_list().size();
  if ((index.is_signed() && index.as_integer() < 0) || index.as_unsigned() >= size) {
    return context.fail("index out of range");
  }
  const auto position = static_cast<std::size_t>(index.as_unsigned());
  if (!is_string) return value.as_list()[position];
  return Value::integer(static_cast<unsigned char>(value.as_string()[position]), Type::kByte);
}

Value index(const Call& call) {
  Value value = call[0];
  if (value.empty()) return call.context.fail("index of untyped nil");
  for (std::size_t i = 1; i < call.size() && !call.context.failed(); ++i) {
    value = index_into(call.context, value, call[i]);
  }
  return value;
}

Value print(const Call& call) {
  Text text(call.context);
  append_printed(text, call.arguments);
  return text.value();
}

Value println(const Call& call) {
  Text text(call.context);
  append_printed_line(text, call.arguments);
  return text.value();
}

Value printf(const Call& call) {
  Text text(call.context);
  append_formatted(text, call.string(0), call.arguments.subspan(1));
  return text.value();
}

// The arguments as the escaping functions print them: like print, but for what is missing.
std::string_view printed(const Call& call) {
  if (call.size() == 1 && call[0].is(Type::kString)) return call.string(0);
  const std::span<Value> arguments = call.context.allocate<Value>(call.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    arguments[i] = call[i].empty() ? Value::string("<no value>") : call[i];
  }
  Text text(call.context);
  append_printed(text, arguments);
  return text.view();
}

template <void (*escape)(Text&, std::string_view)>
Value escaped(const Call& call) {
  Text text(call.context);
  escape(text, printed(call));
  return text.value();
}

// Templates here have no values that are functions.
Value call_(const Call& call) {
  return call.context.fail("error calling call: non-function of type ", type_name(call[0]));
}

constexpr Function kBuiltinFunctions[] = {
    {"and", "any any...", nullptr, true},
    {"or", "any any...", nullptr, true},
    {"not", "any", not_},
    {"len", "any", len},
    {"index", "any any...", index},
    {"print", "any...", print},
    {"println", "any...", println},
    {"printf", "string any...", printf},
    {"html", "any...", escaped<append_html>},
    {"js", "any...", escaped<append_javascript>},
    {"urlquery", "any...", escaped<append_url_query>},
    {"call", "any any...", call_},
};

}  // namespace

std::span<const Function> builtin_functions() { return kBuiltinFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
