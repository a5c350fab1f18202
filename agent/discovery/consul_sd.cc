#include "agent/discovery/consul_sd.h"

#include <functional>
#include <utility>

namespace lokitail::agent {

namespace asio = boost::asio;

// One blocking query, again and again.
class ConsulSd::Watch final : public Poll {
 public:
  // The path for an index.
  using Path = std::function<std::string(std::uint64_t index)>;
  // Takes an answer with something new. The problem with it, or none.
  using Take = std::function<std::string(const std::string& json)>;

  Watch(ConsulSd& owner, Path path, Take take)
      : Poll(owner.control_, consul_server(owner.config_), owner.trouble_),
        path_(std::move(path)),
        take_(std::move(take)) {}

 private:
  asio::awaitable<Outcome> ask() override {
    std::string target = config().url.target + path_(index_);
    const http::Response response = co_await get(std::move(target));
    if (!is_running()) co_return Outcome();
    if (!response.ok()) co_return Outcome{response.problem(), false};
    const std::uint64_t index = consul_index(response.header("X-Consul-Index"));
    // The same index: nothing has changed for as long as Consul waits.
    if (index != 0 && index == index_) co_return Outcome();
    if (std::string problem = take_(response.body); !problem.empty())
      co_return Outcome{std::move(problem), false};
    const bool is_first = index_ == 0;
    // One that has gone back is of a server that began anew: so do we.
    index_ = index < index_ ? 0 : index;
    // What is there already is no change, so that the first change is seen at once.
    co_return Outcome{{}, is_first && index_ != 0};
  }

  const Path path_;
  const Take take_;
  std::uint64_t index_ = 0;
};

ConsulSd::ConsulSd(asio::io_context& control, const config::ConsulSdConfig& config, Found found)
    : control_(control),
      config_(config),
      found_(std::move(found)),
      trouble_(std::make_shared<Trouble>(shown_consul_server(config))) {}

ConsulSd::~ConsulSd() = default;

void ConsulSd::start() {
  if (!config_.services.empty() && config_.tags.empty() && config_.filter.empty()) {
    for (const std::string& service : config_.services) watch(service);
    return;
  }
  catalog_ = std::make_shared<Watch>(
      *this, [this](std::uint64_t index) { return catalog_path(config_, index); },
      [this](const std::string& json) { return take_catalog(json); });
  catalog_->start();
}

void ConsulSd::stop() {
  if (catalog_) catalog_->stop();
  for (const auto& [name, watch] : services_) watch->stop();
}

std::string ConsulSd::take_catalog(const std::string& json) {
  const std::optional<ConsulServices> all = parse_catalog(json);
  if (!all) return "the list of services cannot be understood";
  // One whose tags have changed is watched on: its instances are asked for with the tags.
  std::erase_if(services_, [this, &all](const auto& known) {
    const auto& [name, watch] = known;
    if (all->contains(name)) return false;
    watch->stop();
    found_(name, {});
    return true;
  });
  for (const std::string& name : wanted_services(config_, *all)) watch(name);
  return {};
}

void ConsulSd::watch(const std::string& service) {
  std::shared_ptr<Watch>& watch = services_[service];
  if (watch) return;
  watch = std::make_shared<Watch>(
      *this, [this, service](std::uint64_t index) { return health_path(config_, service, index); },
      [this, service](const std::string& json) -> std::string {
        auto targets = parse_health(json, service, config_);
        if (!targets) return "the instances of the service " + service + " cannot be understood";
        found_(service, std::move(*targets));
        return {};
      });
  watch->start();
}

}  // namespace lokitail::agent
