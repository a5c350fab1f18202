#include "agent/telemetry/logger/crash_drain.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>

#include "lokitail/telemetry/async_sink.h"

namespace lokitail::telemetry {
namespace {

constexpr std::array kSignals = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr std::chrono::seconds kPatience(1);

std::array<std::atomic<AsyncSink*>, 16> sinks;
std::array<struct sigaction, kSignals.size()> before;

// Other threads may crash, too, while this one waits: they wait as well, since the first that goes
// on ends the process.
void on_crash(int signal, siginfo_t* info, void*) {
  for (const std::atomic<AsyncSink*>& sink : sinks) {
    AsyncSink* const one = sink.load();
    if (one != nullptr) one->drain_after_crash(kPatience);
  }
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
  // A fault happens again when the handler returns; what was sent is sent again.
  const bool fault = info != nullptr && info->si_code > 0 && signal != SIGABRT;
  if (!fault) raise(signal);
}

void put_in_handlers() {
  struct sigaction handler {};
  handler.sa_sigaction = on_crash;
  handler.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&handler.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &handler, &before[i]);
}

void replace(AsyncSink* old, AsyncSink* other) {
  for (std::atomic<AsyncSink*>& sink : sinks) {
    AsyncSink* expected = old;
    if (sink.compare_exchange_strong(expected, other)) return;
  }
}

}  // namespace

void drain_on_crash(AsyncSink* sink) {
  static std::once_flag once;
  std::call_once(once, put_in_handlers);
  replace(nullptr, sink);
}

void forget_on_crash(AsyncSink* sink) { replace(sink, nullptr); }

}  // namespace lokitail::telemetry
