#include "pipeline/lang/go_template/equality.h"

#include "pipeline/lang/go_template/version.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

bool go_on(Context& context, int depth) {
  if (depth > kMaxValueDepth) context.fail("a value is nested too deeply");
  return context.spend(1);
}

bool equal_lists(Context& context, const Value& left, const Value& right, int depth) {
  const auto left_items = left.as_list();
  const auto right_items = right.as_list();
  if (left_items.size() != right_items.size()) return false;
  if ((left_items.data() == nullptr) != (right_items.data() == nullptr)) return false;
  for (std::size_t i = 0; i < left_items.size(); ++i) {
    if (!deep_equal(context, left_items[i], right_items[i], depth + 1)) return false;
  }
  return true;
}

bool equal_maps(Context& context, const Value& left, const Value& right, int depth) {
  const auto left_entries = left.as_map().all();
  const auto right_entries = right.as_map().all();
  if (left_entries.size() != right_entries.size()) return false;
  for (std::size_t i = 0; i < left_entries.size(); ++i) {
    if (left_entries[i].key != right_entries[i].key) return false;
    if (!deep_equal(context, left_entries[i].value, right_entries[i].value, depth + 1)) return false;
  }
  return true;
}

}  // namespace

bool deep_equal(Context& context, const Value& left, const Value& right, int depth) {
  if (!go_on(context, depth)) return false;
  if (left.empty() || right.empty()) return left.empty() && right.empty();
  if (!left.is(right.type())) return false;
  if (left.is_list()) return equal_lists(context, left, right, depth);
  if (left.is_map()) return equal_maps(context, left, right, depth);
  switch (left.type()) {
    case Type::kString:
      return left.as_string() == right.as_string();
    case Type::kFloat:
      return left.as_number() == right.as_number();
    case Type::kTime:
      return left.as_time().instant == right.as_time().instant;
    case Type::kKeyPair:
      return left.as_key_pair().certificate == right.as_key_pair().certificate &&
             left.as_key_pair().key == right.as_key_pair().key;
    case Type::kVersion:
      return left.as_version().original == right.as_version().original;
    default:
      return left.as_integer() == right.as_integer();
  }
}

Value deep_copy(Context& context, const Value& value, int depth) {
  if (!go_on(context, depth)) return {};
  if (value.is_list()) {
    List copy(context, value.type());
    for (const Value& item : value.as_list()) copy.add(deep_copy(context, item, depth + 1));
    return copy.value();
  }
  if (value.is_map()) {
    Map* const copy = context.new_map();
    for (const Map::Entry& entry : value.as_map().all()) {
      context.set(*copy, entry.key, deep_copy(context, entry.value, depth + 1));
    }
    return Value::map(copy, value.type());
  }
  if (value.is(Type::kVersion)) {
    // Go's copier sees no field of it, since none is exported.
    static constexpr Version kNothing;
    return Value::version(&kNothing);
  }
  return value;
}

}  // namespace lokitail::pipeline::lang::go_template
