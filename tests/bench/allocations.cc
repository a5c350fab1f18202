#include "tests/bench/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace lokitail::bench {
namespace {

std::atomic<std::uint64_t> taken{0};

void* take(std::size_t size, std::size_t alignment) {
  taken.fetch_add(1, std::memory_order_relaxed);
  // aligned_alloc wants whole multiples, malloc may answer nullptr to 0.
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* const memory = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? std::malloc(size == 0 ? 1 : size)
                                                                     : std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

std::uint64_t allocations() { return taken.load(std::memory_order_relaxed); }

}  // namespace lokitail::bench

// The forms that are left out end in these. Those for arrays and without exceptions would, too, but
// for the sanitizers, which have them all: memory of one kind must not be given back by the other.
void* operator new(std::size_t size) { return lokitail::bench::take(size, 1); }
void* operator new[](std::size_t size) { return lokitail::bench::take(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return lokitail::bench::take(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return lokitail::bench::take(size, 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t size, const std::nothrow_t& nothrow) noexcept {
  return operator new(size, nothrow);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
