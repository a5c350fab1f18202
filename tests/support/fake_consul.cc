#include "tests/support/fake_consul.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lokitail::test {
namespace {

constexpr const char* kSelf =
    R"({"Config": {"Datacenter": "dc1", "NodeName": "node-1"}, "Member": {"Addr": "10.0.0.1"}, "Meta": {"rack": "r1"}})";

std::string quoted(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) all.push_back('"' + text + '"');
  return fmt::format("[{}]", fmt::join(all, ","));
}

std::string quoted(const std::map<std::string, std::string>& texts) {
  std::vector<std::string> all;
  for (const auto& [name, value] : texts) all.push_back(fmt::format(R"("{}": "{}")", name, value));
  return fmt::format("{{{}}}", fmt::join(all, ","));
}

std::string service_of(const ConsulInstance& one) {
  return fmt::format(
      R"({{"ID": "{}", "Service": "{}", "Address": "{}", "Port": {}, "Tags": {}, "Meta": {}}})", one.id,
      one.service, one.address, one.port, quoted(one.tags), quoted(one.meta));
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

FakeConsul::FakeConsul(std::chrono::milliseconds longest_wait)
    : longest_wait_(longest_wait),
      server_([this](const StubRequest& request, StubAnswer& answer) { serve(request, answer); }) {}

FakeConsul::~FakeConsul() { go_down(); }

std::string FakeConsul::address() const { return fmt::format("127.0.0.1:{}", server_.port()); }

void FakeConsul::changed() {
  ++index_;
  change_.notify_all();
}

void FakeConsul::put(const ConsulInstance& instance) {
  const std::lock_guard lock(mutex_);
  instances_[instance.id] = instance;
  changed();
}

void FakeConsul::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  instances_.erase(id);
  changed();
}

void FakeConsul::begin_anew(const std::vector<ConsulInstance>& instances) {
  const std::lock_guard lock(mutex_);
  instances_.clear();
  for (const ConsulInstance& instance : instances) instances_[instance.id] = instance;
  index_ = 3;
  change_.notify_all();
}

void FakeConsul::go_down() {
  {
    const std::lock_guard lock(mutex_);
    state_ = State::kDown;
    change_.notify_all();
  }
  server_.drop_connections();
}

void FakeConsul::answer_with_errors() {
  const std::lock_guard lock(mutex_);
  state_ = State::kFailing;
  change_.notify_all();
}

void FakeConsul::come_back() {
  const std::lock_guard lock(mutex_);
  state_ = State::kUp;
}

std::vector<StubRequest> FakeConsul::requests(const std::string& path_begins) const {
  const std::lock_guard lock(mutex_);
  std::vector<StubRequest> found;
  for (const StubRequest& request : requests_) {
    if (request.path().starts_with(path_begins)) found.push_back(request);
  }
  return found;
}

int FakeConsul::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

// An index of another life counts as newer, too.
void FakeConsul::wait_for_newer(const StubRequest& request, StubAnswer& answer) {
  const std::string text = request.query("index");
  std::unique_lock lock(mutex_);
  requests_.push_back(request);
  if (text.empty()) return;
  const std::uint64_t known = std::stoull(text);
  ++waiting_;
  const auto end = std::chrono::steady_clock::now() + longest_wait_;
  while (index_ == known && state_ == State::kUp && std::chrono::steady_clock::now() < end &&
         answer.is_wanted()) {
    change_.wait_for(lock, 20ms);
  }
  --waiting_;
}

void FakeConsul::serve(const StubRequest& request, StubAnswer& answer) {
  wait_for_newer(request, answer);
  std::unique_lock lock(mutex_);
  if (state_ == State::kDown) return;
  int status = state_ == State::kUp ? 200 : 500;
  const std::string path = request.path();
  const std::string body = status == 200 ? body_of(path) : "no cluster leader";
  if (status == 200 && path.starts_with("/v1/agent/health/")) status = agent_status(last_part(path));
  if (body.empty()) status = 404;
  const StubHeaders headers{{"Content-Type", "application/json"}, {"X-Consul-Index", std::to_string(index_)}};
  lock.unlock();
  answer.send(status, body, headers);
}

std::string FakeConsul::body_of(const std::string& path) const {
  if (path == "/v1/agent/self") return kSelf;
  if (path == "/v1/agent/services") return agent_services();
  if (path == "/v1/catalog/services") return services();
  if (path.starts_with("/v1/agent/health/service/name/")) return agent_health(last_part(path));
  if (path.starts_with("/v1/health/service/")) return health(last_part(path));
  return {};
}

std::string FakeConsul::services() const {
  std::map<std::string, std::set<std::string>> tags{{"consul", {}}};
  for (const auto& [id, one] : instances_) tags[one.service].insert(one.tags.begin(), one.tags.end());
  std::vector<std::string> all;
  for (const auto& [name, of] : tags) {
    all.push_back(fmt::format(R"("{}": {})", name, quoted(std::vector(of.begin(), of.end()))));
  }
  return fmt::format("{{{}}}", fmt::join(all, ","));
}

std::string FakeConsul::agent_services() const {
  std::vector<std::string> all;
  for (const auto& [id, one] : instances_) all.push_back(fmt::format(R"("{}": {})", id, service_of(one)));
  return fmt::format("{{{}}}", fmt::join(all, ","));
}

std::string FakeConsul::health(const std::string& service) const {
  std::vector<std::string> all;
  for (const auto& [id, one] : instances_) {
    if (one.service != service) continue;
    all.push_back(fmt::format(
        R"({{"Node": {{"Node": "node-1", "Address": "10.0.0.1", "Datacenter": "dc1", "Meta": {{"rack": "r1"}}}},
             "Service": {}, "Checks": [{{"CheckID": "serfHealth", "Status": "{}"}}]}})",
        service_of(one), one.health));
  }
  return fmt::format("[{}]", fmt::join(all, ","));
}

std::string FakeConsul::agent_health(const std::string& service) const {
  std::vector<std::string> all;
  for (const auto& [id, one] : instances_) {
    if (one.service != service) continue;
    all.push_back(fmt::format(R"({{"AggregatedStatus": "{}", "Service": {}}})", one.health, service_of(one)));
  }
  return all.empty() ? std::string() : fmt::format("[{}]", fmt::join(all, ","));
}

int FakeConsul::agent_status(const std::string& service) const {
  int status = 200;
  for (const auto& [id, one] : instances_) {
    if (one.service != service) continue;
    if (one.health == "critical") status = 503;
    if (one.health == "warning" && status == 200) status = 429;
  }
  return status;
}

}  // namespace lokitail::test
