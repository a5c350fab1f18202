#include "agent/memory_use.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace lokitail::agent {
namespace {

// Pieces from this size on are mapped each by itself. Batches and blocks, which come and go all the time, are
// smaller. (Left alone, the threshold grows with the largest piece that was ever freed.)
constexpr int kLargeBytes = 4 << 20;
// So much may be free at the end of the heap: what batches and bodies take and free all the time stays.
constexpr int kFreeBytes = 4 << 20;

// A mapped file whose pages nobody can have changed: without them the process has what the file holds. What is
// written to at the start (relocations) lies in segments that are writable in the file.
bool is_clean(const ElfW(Phdr) & segment) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
}

int drop_clean_pages(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (!is_clean(segment)) continue;
    // Whole pages, so that nothing else lies in them.
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t from = (begin + page - 1) & ~(page - 1);
    const std::uintptr_t to = (begin + segment.p_filesz) & ~(page - 1);
    if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void return_large_memory() {
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  ::mallopt(M_TRIM_THRESHOLD, kFreeBytes);
}

std::uint64_t resident_memory() {
  std::uint64_t size = 0, resident = 0;  // in pages
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void return_unused_memory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(drop_clean_pages, nullptr);
}

}  // namespace lokitail::agent
