// Addresses of hosts for the template function getHostByName. A line waits for the network no longer
// than a moment, and not at all while the network is known to be slow: answers are kept for a
// while, and a lookup that takes too long goes on without anybody waiting for it.
//
// Threads: any. Each lookup under way has a thread of its own, kMostLookups at most (detached_call.h).
// Errors:  an empty result for a host that has no address, or none yet.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/detached_call.h"

namespace lokitail::agent {

class HostLookup {
 public:
  // All addresses of a host, as text. May block; may be called from several threads.
  using Resolve = std::function<std::vector<std::string>(const std::string& name)>;

  static constexpr std::size_t kMostLookups = 8;
  static constexpr std::size_t kMostAnswers = 1000;
  static constexpr std::chrono::seconds kAnswerKept{60};
  static constexpr std::chrono::seconds kFailureKept{10};
  // After a lookup that took longer than the longest wait, nobody waits for so long.
  static constexpr std::chrono::seconds kPatienceLost{10};

  explicit HostLookup(std::chrono::milliseconds longest_wait = std::chrono::seconds(1),
                      Resolve resolve = resolve_by_system);

  // One of the addresses, each in turn.
  std::optional<std::string> find(const std::string& name);

  static std::vector<std::string> resolve_by_system(const std::string& name);

 private:
  struct State;
  const std::chrono::milliseconds longest_wait_;
  const std::shared_ptr<State> state_;  // shared with lookups that nobody waits for any more
  DetachedCalls calls_;
};

}  // namespace lokitail::agent
