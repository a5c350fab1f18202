#include "pipeline/lang/json_value.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace lokitail::pipeline::lang {
namespace {

// Above this many members, looking each one up in turn would cost too much on a hostile line.
constexpr std::size_t kFewMembers = 16;

std::vector<const JsonMember*> sorted_by_key(const JsonValue& object) {
  std::vector<const JsonMember*> sorted;
  sorted.reserve(object.members().size());
  for (const JsonMember& member : object.members()) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, &JsonMember::key);
  return sorted;
}

using Pairs = std::vector<std::pair<const JsonValue*, const JsonValue*>>;

// Adds the pairs of members that have to be equal; false where the keys differ.
bool pair_members(const JsonValue& left, const JsonValue& right, Pairs& pairs) {
  if (left.members().size() <= kFewMembers) {
    for (const JsonMember& member : left.members()) {
      const JsonValue* const other = right.find(member.key);
      if (other == nullptr) return false;
      pairs.emplace_back(&member.value, other);
    }
    return true;
  }
  const auto lefts = sorted_by_key(left);
  const auto rights = sorted_by_key(right);
  for (std::size_t i = 0; i < lefts.size(); ++i) {
    if (lefts[i]->key != rights[i]->key) return false;
    pairs.emplace_back(&lefts[i]->value, &rights[i]->value);
  }
  return true;
}

// Compares all but what lies inside of containers, which is added to `pairs`.
bool shallow_equal(const JsonValue& left, const JsonValue& right, Pairs& pairs) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case JsonValue::Kind::kNull:
      return true;
    case JsonValue::Kind::kBool:
      return left.boolean() == right.boolean();
    case JsonValue::Kind::kNumber:
      return left.number() == right.number();
    case JsonValue::Kind::kString:
      return left.text() == right.text();
    case JsonValue::Kind::kExpression:
      return left.expression() == right.expression();
    case JsonValue::Kind::kArray:
      if (left.items().size() != right.items().size()) return false;
      for (std::size_t i = 0; i < left.items().size(); ++i) {
        pairs.emplace_back(&left.items()[i], &right.items()[i]);
      }
      return true;
    case JsonValue::Kind::kObject:
      return left.prints_null() == right.prints_null() && left.members().size() == right.members().size() &&
             pair_members(left, right, pairs);
  }
  return false;
}

}  // namespace

bool deep_equal(const JsonValue& left, const JsonValue& right) {
  std::size_t work_left = std::numeric_limits<std::size_t>::max();
  return *deep_equal(left, right, work_left);
}

std::optional<bool> deep_equal(const JsonValue& left, const JsonValue& right, std::size_t& work_left) {
  Pairs pairs{{&left, &right}};
  while (!pairs.empty()) {
    const auto [one, other] = pairs.back();
    pairs.pop_back();
    const std::size_t work = 1 + (one->is_string() ? one->text().size() : 0);
    if (work_left < work + pairs.size()) {
      work_left = 0;
      return std::nullopt;
    }
    work_left -= work;
    if (!shallow_equal(*one, *other, pairs)) return false;
  }
  return true;
}

void keep_last_of_equal_keys(std::vector<JsonMember>& members, std::size_t begin) {
  const std::size_t count = members.size() - begin;
  const auto key = [&](std::size_t i) { return members[begin + i].key; };
  std::vector<std::size_t> order;
  if (count <= kFewMembers) {
    bool unique = true;
    for (std::size_t i = 1; i < count && unique; ++i) {
      for (std::size_t j = 0; j < i && unique; ++j) unique = key(i) != key(j);
    }
    if (unique) return;
  }
  order.resize(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, key);
  std::vector<bool> dropped(count);
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first;
    while (last + 1 < count && key(order[last + 1]) == key(order[first])) {
      dropped[order[++last]] = true;
    }
    members[begin + order[first]].value = members[begin + order[last]].value;
    first = last + 1;
  }
  std::size_t kept = begin;
  for (std::size_t i = 0; i < count; ++i) {
    if (!dropped[i]) members[kept++] = members[begin + i];
  }
  members.resize(kept);
}

}  // namespace lokitail::pipeline::lang
