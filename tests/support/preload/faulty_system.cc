// Stands in front of the C library (LD_PRELOAD): calls on the files of a folder fail now and then, and the
// time of day is another one. What fails, and how often, is said by the controls (../faulty_system.h).
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/support/faulty_system.h"

namespace {

using lokitail::test::FaultControls;

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

FaultControls* map_controls() {
  const char* const file = std::getenv(lokitail::test::kFaultsVariable);
  const int descriptor = file == nullptr ? -1 : ::open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  void* const mapped =
      ::mmap(nullptr, sizeof(FaultControls), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const controls = static_cast<FaultControls*>(mapped);
  ++controls->started;
  return controls;
}

FaultControls* controls() {
  static FaultControls* const mapped = map_controls();
  return mapped;
}

std::uint32_t random_of_1024() {
  static thread_local std::uint64_t state = 0x9E3779B97F4A7C15 ^ reinterpret_cast<std::uintptr_t>(&state);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::uint32_t>(state >> 20) & 1023;
}

bool lies_in_folder(int file, const char* folder) {
  std::array<char, 64> link;
  std::array<char, 1024> path;
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t size = ::readlink(link.data(), path.data(), path.size());
  const std::size_t length = std::strlen(folder);
  return size > static_cast<ssize_t>(length) && std::memcmp(path.data(), folder, length) == 0;
}

bool fails(int file, std::atomic<std::uint32_t> FaultControls::*rate) {
  FaultControls* const all = controls();
  if (all == nullptr || (all->*rate) == 0 || random_of_1024() >= (all->*rate)) return false;
  if (!lies_in_folder(file, all->folder)) return false;
  ++all->failed;
  errno = EIO;
  return true;
}

}  // namespace

extern "C" {

ssize_t read(int file, void* buffer, size_t size) {
  static auto* const real = next<ssize_t(int, void*, size_t)>("read");
  return fails(file, &FaultControls::failing_reads) ? -1 : real(file, buffer, size);
}

ssize_t pread(int file, void* buffer, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, void*, size_t, off_t)>("pread");
  return fails(file, &FaultControls::failing_reads) ? -1 : real(file, buffer, size, offset);
}

ssize_t pread64(int file, void* buffer, size_t size, off64_t offset) {
  return pread(file, buffer, size, offset);
}

ssize_t write(int file, const void* buffer, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return fails(file, &FaultControls::failing_writes) ? -1 : real(file, buffer, size);
}

ssize_t pwrite(int file, const void* buffer, size_t size, off_t offset) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails(file, &FaultControls::failing_writes) ? -1 : real(file, buffer, size, offset);
}

ssize_t pwrite64(int file, const void* buffer, size_t size, off64_t offset) {
  return pwrite(file, buffer, size, offset);
}

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  return fails(file, &FaultControls::failing_syncs) ? -1 : real(file);
}

int fdatasync(int file) {
  static auto* const real = next<int(int)>("fdatasync");
  return fails(file, &FaultControls::failing_syncs) ? -1 : real(file);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, time);
  const FaultControls* const all =
      clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? controls() : nullptr;
  if (result != 0 || all == nullptr) return result;
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t now = std::int64_t{time->tv_sec} * kSecond + time->tv_nsec + all->clock_offset;
  time->tv_sec = now / kSecond;
  time->tv_nsec = now % kSecond;
  return result;
}

}  // extern "C"
