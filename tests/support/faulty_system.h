// A disk that fails and a clock that jumps, for an agent that is started with preload/faulty_system.cc in front of
// the C library.
//
// Threads: any. Ownership: the controls lie in a file that both sides have mapped. Errors: std::system_error.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace lokitail::test {

inline constexpr const char* kFaultsVariable = "LOKITAIL_TEST_FAULTS";  // names the file

struct FaultControls {
  char folder[512];  // only files below it fail
  // How many calls of 1,024 fail with EIO.
  std::atomic<std::uint32_t> failing_reads;
  std::atomic<std::uint32_t> failing_writes;
  std::atomic<std::uint32_t> failing_syncs;
  std::atomic<std::int64_t> clock_offset;  // nanoseconds that CLOCK_REALTIME is ahead
  std::atomic<std::uint64_t> failed;       // calls so far
  std::atomic<std::uint64_t> started;      // processes so far
};

class FaultySystem {
 public:
  FaultySystem(std::filesystem::path file, const std::filesystem::path& folder) : file_(std::move(file)) {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(FaultControls)) != 0) fail();
    void* const mapped =
        ::mmap(nullptr, sizeof(FaultControls), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) fail();
    ::close(descriptor);
    controls_ = static_cast<FaultControls*>(mapped);
    std::strncpy(controls_->folder, folder.c_str(), sizeof controls_->folder - 1);
  }
  ~FaultySystem() { ::munmap(controls_, sizeof(FaultControls)); }
  FaultySystem(const FaultySystem&) = delete;
  FaultySystem& operator=(const FaultySystem&) = delete;

  const std::filesystem::path& file() const { return file_; }
  FaultControls& controls() { return *controls_; }
  void heal() { controls_->failing_reads = controls_->failing_writes = controls_->failing_syncs = 0; }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::generic_category(), file_); }

  const std::filesystem::path file_;
  FaultControls* controls_ = nullptr;
};

}  // namespace lokitail::test
