#include "agent/source/file/poller.h"

#include <algorithm>
#include <utility>

namespace lokitail::agent {

Poller::Ticket Poller::add(Look look) {
  const Ticket ticket = next_++;
  const auto due = Clock::now() + shortest_;
  items_.emplace(ticket, Item{std::move(look), shortest_, due});
  due_.emplace(due, ticket);
  if (!running_) schedule();
  return ticket;
}

void Poller::remove(Ticket ticket) {
  const auto item = items_.find(ticket);
  if (item == items_.end()) return;
  const auto [begin, end] = due_.equal_range(item->second.due);
  const auto entry =
      std::find_if(begin, end, [ticket](const auto& candidate) { return candidate.second == ticket; });
  if (entry != end) due_.erase(entry);
  items_.erase(item);
}

void Poller::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Poller::schedule() {
  if (stopped_ || due_.empty()) return;
  timer_.expires_at(due_.begin()->first);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    if (!cancelled && !alive.expired() && !stopped_) run();
  });
}

void Poller::run() {
  running_ = true;
  const auto now = Clock::now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const Ticket ticket = due_.begin()->second;
    due_.erase(due_.begin());
    const Look look = items_.at(ticket).look;  // it may remove itself
    const bool changed = look();
    const auto item = items_.find(ticket);
    if (item == items_.end()) continue;
    item->second.interval = changed ? shortest_ : std::min(2 * item->second.interval, longest_);
    item->second.due = now + item->second.interval;
    due_.emplace(item->second.due, ticket);
  }
  running_ = false;
  schedule();
}

}  // namespace lokitail::agent
