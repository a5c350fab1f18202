#include "agent/host_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace lokitail::agent {

using LookupClock = std::chrono::steady_clock;

struct HostLookup::State {
  struct Answer {
    std::vector<std::string> addresses;
    LookupClock::time_point expires;
  };

  // REQUIRES: the lock. nullptr where nothing is known, or not any more.
  const Answer* fresh_answer(const std::string& name) const {
    const auto found = answers.find(name);
    if (found == answers.end() || found->second.expires < LookupClock::now()) return nullptr;
    return &found->second;
  }

  // REQUIRES: the lock.
  std::optional<std::string> choose(const Answer& answer) {
    if (answer.addresses.empty()) return std::nullopt;
    return answer.addresses[turn++ % answer.addresses.size()];
  }

  void keep(const std::string& name, std::vector<std::string> addresses) {
    const std::lock_guard lock(mutex);
    if (answers.size() >= kMostAnswers) answers.clear();
    const auto kept = addresses.empty() ? kFailureKept : kAnswerKept;
    answers.insert_or_assign(name, Answer{std::move(addresses), LookupClock::now() + kept});
    under_way.erase(name);
    answered.notify_all();
  }

  Resolve resolve;

  std::mutex mutex;  // guards all that follows
  std::condition_variable answered;
  std::map<std::string, Answer> answers;
  std::set<std::string> under_way;
  LookupClock::time_point patient_again{};
  std::size_t turn = 0;
};

HostLookup::HostLookup(std::chrono::milliseconds longest_wait, Resolve resolve)
    : longest_wait_(longest_wait), state_(std::make_shared<State>()), calls_(kMostLookups) {
  state_->resolve = std::move(resolve);
}

std::optional<std::string> HostLookup::find(const std::string& name) {
  std::unique_lock lock(state_->mutex);
  if (const auto* const known = state_->fresh_answer(name)) return state_->choose(*known);
  if (!state_->under_way.contains(name)) {
    if (state_->under_way.size() >= kMostLookups) return std::nullopt;
    if (!calls_.start([state = state_, name] { state->keep(name, state->resolve(name)); }))
      return std::nullopt;
    state_->under_way.insert(name);
  }
  if (LookupClock::now() < state_->patient_again) return std::nullopt;
  const bool in_time =
      state_->answered.wait_for(lock, longest_wait_, [&] { return !state_->under_way.contains(name); });
  if (!in_time) {
    state_->patient_again = LookupClock::now() + kPatienceLost;
    return std::nullopt;
  }
  const auto* const answer = state_->fresh_answer(name);
  return answer == nullptr ? std::nullopt : state_->choose(*answer);
}

std::vector<std::string> HostLookup::resolve_by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // each address once
  addrinfo* found = nullptr;
  std::vector<std::string> addresses;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace lokitail::agent
