// The services of the worked example (trace_example.h): programs that log through lokitail::telemetry, ask
// each other over HTTP, and hand the trace that a request belongs to on in its header `traceparent`.
//
//   guild-coordinator   creates a task and asks the executor
//   executor-node       receives it, executes it, and asks for the payment
//   payment-manager     pays
//   edge-node-1, p2p-node   do things of their own, under traces of their own
//
// Each takes `POST /requests` with a form: task_id, guild_id and story, which is `paid` or `unpaid`.
//
// Threads: one. Errors: std::exception where it cannot listen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lokitail::agent::demo {

// In the order in which a request passes through the first of them.
inline constexpr std::array<std::string_view, 5> kPrograms = {"guild-coordinator", "executor-node",
                                                              "payment-manager", "edge-node-1", "p2p-node"};

struct ProgramOptions {
  std::string name;        // one of the above
  std::uint16_t port = 0;  // of 127.0.0.1
  std::string next;        // the URL of the service that comes after it; empty: none
};

// Returns the exit status, after SIGTERM or SIGINT.
int run_program(const ProgramOptions& options);

}  // namespace lokitail::agent::demo
