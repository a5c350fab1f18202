#include "agent/source/file/generations.h"

#include "agent/source/file/file_source.h"

namespace lokitail::agent {

bool Generations::goes_on() const {
  const Clock::rep absent_since = absent_since_;
  if (absent_since != kPresent && Clock::now() - Clock::time_point(Clock::duration(absent_since)) < kMemory) {
    return true;
  }
  return std::ranges::any_of(sources_, [](const auto* source) { return source->has_unread(); });
}

}  // namespace lokitail::agent
