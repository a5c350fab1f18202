#include "agent/discovery/kubernetes/other_roles.h"

namespace lokitail::agent::kubernetes {
namespace {

// The pods of a deployment change together, and with them its endpoints.
constexpr std::chrono::milliseconds kObjectsSettle{100};

}  // namespace

EndpointsRole::EndpointsRole(boost::asio::io_context& control, bool are_slices, ToldTargets told)
    : are_slices_(are_slices),
      prefix_(are_slices ? "endpointslice/" : "endpoints/"),
      told_(std::move(told)),
      timer_(control) {}

void EndpointsRole::changed(const std::string& key, const Json& object) {
  if (are_slices_) {
    slices_[key] = read_endpoint_slice(object);
  } else {
    endpoints_[key] = read_endpoints(object);
  }
  make_soon(key);
}

void EndpointsRole::gone(const std::string& key) {
  endpoints_.erase(key);
  slices_.erase(key);
  waiting_.erase(key);
  forget_names(key);
  told_.forget(prefix_ + key);
}

void EndpointsRole::other_changed(const std::string& name) {
  const auto named = named_by_.find(name);
  if (named == named_by_.end()) return;
  for (const std::string& key : named->second) make_soon(key);
}

void EndpointsRole::make_soon(const std::string& key) {
  waiting_.insert(key);
  if (std::exchange(is_soon_, true)) return;
  timer_.expires_after(kObjectsSettle);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) make_all();
  });
}

void EndpointsRole::make_all() {
  is_soon_ = false;
  for (const std::string& key : std::exchange(waiting_, {})) make(key);
}

void EndpointsRole::make(const std::string& key) {
  forget_names(key);
  Known known;
  known.pod = [&](const std::string& name) { return pods_.find(key, name); };
  known.service = [&](const std::string& name) { return services_.find(key, name); };
  known.node = [&](const std::string& name) { return nodes_.find(key, name); };
  if (are_slices_) {
    const auto slice = slices_.find(key);
    if (slice != slices_.end()) told_.tell(prefix_ + key, endpoint_slice_targets(slice->second, known));
  } else {
    const auto endpoints = endpoints_.find(key);
    if (endpoints != endpoints_.end()) told_.tell(prefix_ + key, endpoints_targets(endpoints->second, known));
  }
}

void EndpointsRole::forget_names(const std::string& key) {
  const auto names = names_.extract(key);
  if (names.empty()) return;
  for (const std::string& name : names.mapped()) {
    const auto named = named_by_.find(name);
    named->second.erase(key);
    if (named->second.empty()) named_by_.erase(named);
  }
}

}  // namespace lokitail::agent::kubernetes
