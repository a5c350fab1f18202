#include "agent/source/journal/mapped_reading.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

namespace lokitail::agent {
namespace {

enum class State : std::sig_atomic_t { kNone, kReading, kFailed };

constinit thread_local volatile State state = State::kNone;

struct sigaction earlier_action;
std::uintptr_t page_bytes = 0;

void handle_bus_error(int, siginfo_t* info, void*) {
  const int error = errno;
  bool replaced = false;
  if (state != State::kNone && info->si_code == BUS_ADRERR) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    void* const page = reinterpret_cast<void*>(address - address % page_bytes);
    replaced =
        ::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  if (replaced) {
    state = State::kFailed;
  } else {
    // None of ours: what faulted is run again, and takes its course.
    ::sigaction(SIGBUS, &earlier_action, nullptr);
  }
  errno = error;
}

bool install_handler() {
  page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = handle_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, &earlier_action) == 0;
}

}  // namespace

MappedReading::MappedReading() {
  static const bool kInstalled = install_handler();
  static_cast<void>(kInstalled);
  state = State::kReading;
}

MappedReading::~MappedReading() { state = State::kNone; }

bool MappedReading::failed() const { return state == State::kFailed; }

}  // namespace lokitail::agent
