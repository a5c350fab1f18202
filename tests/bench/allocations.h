// Counts what a program takes from the heap with `new`. Whoever links allocations.cc has its global
// operators replaced.
#pragma once

#include <cstdint>

namespace lokitail::bench {

// How many times memory was taken so far, by all threads.
std::uint64_t allocations();

}  // namespace lokitail::bench
