#include "agent/delivery/sender.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lokitail::agent {
namespace {

// Tenants come and go. Beyond this many lanes, those that have nothing to send are given up.
constexpr std::size_t kMostIdleLanes = 64;

}  // namespace

void Sender::send(std::unique_ptr<Push> push) {
  context_.metrics.encoded_bytes(host()).Increment(static_cast<double>(push->body.size()));
  go_on_with(std::move(push));
}

void Sender::go_on_with(std::unique_ptr<Push> push) {
  if (stopping_) {
    late_.push_back(std::move(push));
    return;
  }
  Lane& lane = lane_of(push->tenant);
  lane.take(std::move(push));
}

Lane& Sender::lane_of(const std::string& tenant) {
  const auto known = lanes_.find(tenant);
  if (known != lanes_.end()) return *known->second;
  if (lanes_.size() >= kMostIdleLanes) {
    // What it has acknowledged on disk counts before another lane of that tenant looks there.
    std::erase_if(lanes_, [](const auto& lane) {
      const bool is_over = lane.second->empty();
      if (is_over) lane.second->stop();
      return is_over;
    });
  }
  context_.metrics.add_tenant(host(), tenant);
  return *lanes_.emplace(tenant, std::make_shared<Lane>(context_, tenant)).first->second;
}

bool Sender::idle() const {
  return std::ranges::all_of(lanes_, [](const auto& lane) { return lane.second->idle(); });
}

bool Sender::empty() const {
  return std::ranges::all_of(lanes_, [](const auto& lane) { return lane.second->empty(); });
}

SenderStatus Sender::status() const {
  SenderStatus status;
  status.tenants = lanes_.size();
  status.host = host();
  for (const auto& [tenant, lane] : lanes_) {
    status.queued += lane->queued();
    status.in_flight += lane->in_flight();
    status.oldest_wait = std::max(status.oldest_wait, lane->oldest_wait());
    const auto& last = lane->last_answer();
    if (last && (!status.last_answer || status.last_answer->time < last->time)) {
      status.last_answer = last;
      status.host = lane->host();
    }
    status.throttled_streams += lane->throttled_streams();
    status.uses_standby = status.uses_standby || lane->uses_standby();
    if (lane->trouble().empty()) continue;
    status.delivering = false;
    status.trouble = lane->trouble();
    ++status.troubled_tenants;
    const auto since = lane->trouble_since();
    status.trouble_since = std::min(status.trouble_since.value_or(since), since);
  }
  return status;
}

void Sender::hurry() {
  for (const auto& [tenant, lane] : lanes_) lane->hurry();
}

void Sender::stop() {
  stopping_ = true;
  for (const auto& [tenant, lane] : lanes_) lane->stop();
}

std::vector<std::unique_ptr<Push>> Sender::take_left() {
  std::vector<std::unique_ptr<Push>> left = std::move(late_);
  for (const auto& [tenant, lane] : lanes_) {
    auto of_lane = lane->take_left();
    left.insert(left.begin(), std::move_iterator(of_lane.begin()), std::move_iterator(of_lane.end()));
  }
  return left;
}

bool Sender::is_over() const {
  return std::ranges::all_of(lanes_, [](const auto& lane) { return lane.second.use_count() == 1; });
}

}  // namespace lokitail::agent
