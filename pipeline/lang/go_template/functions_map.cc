// Maps from texts to values, which Sprig calls dicts. `set`, `unset` and the merges change a map in
// place. Where Go's order is random it is that of the keys here.
#include <algorithm>

#include "pipeline/lang/go_template/equality.h"
#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value dict(const Call& call) {
  Map* const map = call.context.new_map();
  for (std::size_t i = 0; i < call.size(); i += 2) {
    const Value value = i + 1 < call.size() ? call[i + 1] : Value::string("");
    call.context.set(*map, to_text(call.context, call[i]), value);
  }
  return Value::map(map);
}

Value get(const Call& call) {
  const Value* const found = call[0].as_map().find(call.string(1));
  return found == nullptr ? Value::string("") : *found;
}

Value set(const Call& call) {
  if (call[0].as_map().is_nil) return call.context.fail("assignment to entry in nil map");
  call.context.set(call[0].as_map(), call.string(1), call[2]);
  return call[0];
}

Value unset(const Call& call) {
  call[0].as_map().erase(call.string(1));
  return call[0];
}

Value has_key(const Call& call) { return Value::boolean(call[0].as_map().find(call.string(1)) != nullptr); }

Value pluck(const Call& call) {
  List out(call.context);
  for (const Value& map : call.arguments.subspan(1)) {
    if (const Value* const found = map.as_map().find(call.string(0))) out.add(*found);
  }
  return out.value();
}

Value keys(const Call& call) {
  List out(call.context, Type::kStringList);
  for (const Value& map : call.arguments) {
    for (const Map::Entry& entry : map.as_map().all()) out.add(Value::string(entry.key));
  }
  return out.value();
}

Value values(const Call& call) {
  List out(call.context);
  for (const Map::Entry& entry : call[0].as_map().all()) out.add(entry.value);
  return out.value();
}

Value pick(const Call& call) {
  Map* const picked = call.context.new_map();
  for (const Value& key : call.arguments.subspan(1)) {
    const Value* const found = call[0].as_map().find(key.as_string());
    if (found != nullptr) call.context.set(*picked, key.as_string(), *found);
  }
  return Value::map(picked);
}

Value omit(const Call& call) {
  Map* const rest = call.context.new_map();
  for (const Map::Entry& entry : call[0].as_map().all()) {
    if (!call.context.spend(call.size())) break;
    const bool omitted = std::ranges::any_of(call.arguments.subspan(1),
                                             [&](const Value& key) { return key.as_string() == entry.key; });
    if (!omitted) call.context.set(*rest, entry.key, entry.value);
  }
  return Value::map(rest);
}

// Puts what `source` has into `target`. Maps within maps are merged, too; other values that are
// there already stay, unless they are empty or `overwrite` says otherwise. A nil does nothing but
// overwrite.
void merge_into(Context& context, Map& target, const Map& source, bool overwrite, int depth = 0) {
  if (depth > kMaxValueDepth) {
    context.fail("maps are nested too deeply to be merged");
    return;
  }
  for (std::size_t i = 0; i < source.size && context.spend(1); ++i) {
    const Map::Entry entry = source.entries[i];
    const Value* const present = target.find(entry.key);
    if (present != nullptr && present->is(Type::kMap) && entry.value.is(Type::kMap)) {
      merge_into(context, present->as_map(), entry.value.as_map(), overwrite, depth + 1);
    } else if (overwrite || (!entry.value.empty() && (present == nullptr || !truth(*present)))) {
      context.set(target, entry.key, entry.value);
    }
  }
}

template <bool kOverwrite>
Value merge(const Call& call) {
  for (const Value& source : call.arguments.subspan(1)) {
    Map& target = call[0].as_map();
    if (&source.as_map() == &target) continue;
    target.is_nil = target.is_nil && source.as_map().is_nil;
    merge_into(call.context, target, source.as_map(), kOverwrite);
  }
  return call[0];
}

// dig key... default map: goes down through maps.
Value dig(const Call& call) {
  if (call.size() < 3) return call.context.fail("dig needs at least three arguments");
  Value value = call[call.size() - 1];
  for (const Value& key : call.arguments.first(call.size() - 2)) {
    if (!value.is(Type::kMap)) return call.context.fail("dig: not a map but ", type_name(value));
    if (!key.is(Type::kString)) return call.context.fail("dig: not a key but ", type_name(key));
    const Value* const found = value.as_map().find(key.as_string());
    if (found == nullptr) return call[call.size() - 2];
    value = *found;
  }
  return value;
}

Value deep_copy_(const Call& call) {
  if (call[0].empty()) return call.context.fail("deepCopy of nil");
  return deep_copy(call.context, call[0]);
}

constexpr Function kMapFunctions[] = {
    {"dict", "any...", dict},
    {"get", "map string", get},
    {"set", "map string any", set},
    {"unset", "map string", unset},
    {"hasKey", "map string", has_key},
    {"pluck", "string map...", pluck},
    {"keys", "map...", keys},
    {"values", "map", values},
    {"pick", "map string...", pick},
    {"omit", "map string...", omit},
    {"merge", "map map...", merge<false>},
    {"mustMerge", "map map...", merge<false>},
    {"mergeOverwrite", "map map...", merge<true>},
    {"mustMergeOverwrite", "map map...", merge<true>},
    {"dig", "any...", dig},
    {"deepCopy", "any", deep_copy_},
    {"mustDeepCopy", "any", deep_copy_},
};

}  // namespace

std::span<const Function> map_functions() { return kMapFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
