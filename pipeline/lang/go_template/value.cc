#include "pipeline/lang/go_template/value.h"

#include <algorithm>

namespace lokitail::pipeline::lang::go_template {

const Value* Map::find(std::string_view key) const {
  const auto found = std::ranges::lower_bound(all(), key, {}, &Entry::key);
  return found != all().end() && found->key == key ? &found->value : nullptr;
}

void Map::erase(std::string_view key) {
  const auto found = std::ranges::lower_bound(all(), key, {}, &Entry::key);
  if (found == all().end() || found->key != key) return;
  std::copy(found + 1, all().end(), found);
  --size;
}

std::string_view type_name(const Value& value) {
  switch (value.type()) {
    case Type::kNone:
    case Type::kNil:
      return "<nil>";
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kInt64:
      return "int64";
    case Type::kByte:
      return "uint8";
    case Type::kUint64:
      return "uint64";
    case Type::kFloat:
      return "float64";
    case Type::kString:
      return "string";
    case Type::kList:
      return "[]interface {}";
    case Type::kStringList:
      return "[]string";
    case Type::kIntList:
      return "[]int";
    case Type::kListList:
      return "[][]interface {}";
    case Type::kMap:
      return "map[string]interface {}";
    case Type::kStringMap:
      return "map[string]string";
    case Type::kTime:
      return "time.Time";
    case Type::kDuration:
      return "time.Duration";
    case Type::kMonth:
      return "time.Month";
    case Type::kWeekday:
      return "time.Weekday";
    case Type::kVersion:
      return "*semver.Version";
    case Type::kKeyPair:
      return "sprig.certificate";
  }
  return "";
}

std::string_view kind_name(const Value& value) {
  switch (value.type()) {
    case Type::kNone:
    case Type::kNil:
      return "invalid";
    case Type::kList:
    case Type::kStringList:
    case Type::kIntList:
    case Type::kListList:
      return "slice";
    case Type::kMap:
    case Type::kStringMap:
      return "map";
    case Type::kTime:
    case Type::kKeyPair:
      return "struct";
    case Type::kDuration:
      return "int64";
    case Type::kMonth:
    case Type::kWeekday:
      return "int";
    case Type::kVersion:
      return "ptr";
    default:
      return type_name(value);
  }
}

bool truth(const Value& value) {
  switch (value.type()) {
    case Type::kNone:
    case Type::kNil:
      return false;
    case Type::kFloat:
      return value.as_number() != 0;
    case Type::kString:
      return !value.as_string().empty();
    case Type::kList:
    case Type::kStringList:
    case Type::kIntList:
    case Type::kListList:
      return !value.as_list().empty();
    case Type::kMap:
    case Type::kStringMap:
      return value.as_map().size != 0;
    case Type::kTime:
    case Type::kVersion:
    case Type::kKeyPair:
      return true;
    default:
      return value.as_integer() != 0;
  }
}

}  // namespace lokitail::pipeline::lang::go_template
