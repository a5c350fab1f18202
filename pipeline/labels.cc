#include "pipeline/labels.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lokitail::pipeline {

std::uint64_t hash_label(Symbol name, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), 0x9E3779B97F4A7C15ULL * (name + 1ULL));
}

void Labels::set(Symbol name, std::string_view value) {
  const Label changed{name, value, hash_label(name, value)};
  for (Label& label : labels_) {
    if (label.name == name) {
      label = changed;
      return;
    }
  }
  labels_.push_back(changed);
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
