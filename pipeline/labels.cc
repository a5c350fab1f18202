#include "pipeline/labels.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lokitail::pipeline {

std::uint64_t hash_label(Symbol name, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), 0x9E3779B97F4A7C15ULL * (name + 1ULL));
}

void Labels::set(Symbol name, std::string_view value) {
  const std::uint64_t hash = hash_label(name, value);
  const auto place = std::ranges::find(labels_, name, &Label::name);
  Label& label = place == labels_.end() ? labels_.emplace_back() : *place;
  // Field by field, for the reason at the end of Value.
  label.name = name;
  label.value = value;
  label.hash = hash;
}

void Labels::erase(Symbol name) {
  erase_if([name](const Label& label) { return label.name == name; });
}

bool Labels::operator==(const Labels& other) const {
  if (size() != other.size()) return false;
  for (const Label& label : labels_) {
    const Label* const twin = other.find(label.name);
    if (twin == nullptr || twin->hash != label.hash || twin->value != label.value) return false;
  }
  return true;
}

}  // namespace lokitail::pipeline
