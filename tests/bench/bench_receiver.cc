// The Loki of the benchmarks, a process of its own: bench_receiver [--expect ENTRIES] [--status N] | --mode bytes
//
// Prints JSON, a line each: {"port"} at the start; the counts for each line it reads from standard
// input, and of its own accord as soon as the expected entries are there. Ends with its input.
// --mode bytes counts pushes and their bytes alone, for next to no CPU time (counting_receiver.h).
// `first` and `last` are when the first and the last push came, in seconds of CLOCK_MONOTONIC.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>

#include <fmt/format.h>

#include "agent/loki/receiver.h"
#include "tests/bench/counting_receiver.h"
#include "tests/bench/monotonic_time.h"

namespace {

using namespace lokitail::agent;
using lokitail::bench::monotonic_seconds;

class Tally {
 public:
  explicit Tally(std::uint64_t expected) : expected_(expected) {}

  void take(const PushSize& size, std::size_t body_bytes, bool accepted) {
    const std::lock_guard lock(mutex_);
    last_ = monotonic_seconds();
    if (pushes_++ == 0) first_ = last_;
    if (!accepted) return;
    const bool complete = entries_ >= expected_;
    entries_ += size.entries;
    streams_ += size.streams;
    line_bytes_ += size.line_bytes;
    bytes_ += size.bytes;
    body_bytes_ += body_bytes;
    if (!complete && entries_ >= expected_) print();
  }

  void report() {
    const std::lock_guard lock(mutex_);
    print();
  }

 private:
  void print() const {
    fmt::print(
        "{{\"pushes\": {}, \"entries\": {}, \"streams\": {}, \"line_bytes\": {}, \"bytes\": {}, "
        "\"body_bytes\": {}, \"first\": {:.6f}, \"last\": {:.6f}}}\n",
        pushes_, entries_, streams_, line_bytes_, bytes_, body_bytes_, first_, last_);
    std::fflush(stdout);
  }

  std::mutex mutex_;
  const std::uint64_t expected_;
  std::uint64_t pushes_ = 0, entries_ = 0, streams_ = 0, line_bytes_ = 0, bytes_ = 0, body_bytes_ = 0;
  double first_ = 0, last_ = 0;
};

int count_bytes() {
  const lokitail::bench::CountingReceiver receiver;
  fmt::print("{{\"port\": {}}}\n", receiver.port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto counts = receiver.counts();
    fmt::print("{{\"pushes\": {}, \"body_bytes\": {}, \"first\": {:.6f}, \"last\": {:.6f}}}\n", counts.pushes,
               counts.body_bytes, counts.first, counts.last);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t expected = UINT64_MAX;
  unsigned status = 204;
  bool bytes_only = false;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    if (name == "--expect") expected = std::stoull(arguments[i + 1]);
    if (name == "--mode") bytes_only = std::string_view(arguments[i + 1]) == "bytes";
    if (name == "--status") status = static_cast<unsigned>(std::stoul(arguments[i + 1]));
  }
  if (bytes_only) return count_bytes();
  Tally tally(expected);
  ReceiverOptions options;
  options.mode = ReceiverOptions::Mode::kSize;
  options.answer = [&](const ReceivedPush& received) {
    if (!received.decoded) return refusal(received.decoded);
    return PushAnswer{.status = status};
  };
  options.on_push = [&](const ReceivedPush& received, const PushAnswer& answer) {
    tally.take(received.size, received.body.size(), answer.status == 204);
  };
  Receiver receiver(options);
  fmt::print("{{\"port\": {}}}\n", receiver.port());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) tally.report();
  return 0;
}
