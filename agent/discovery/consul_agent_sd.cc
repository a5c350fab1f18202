#include "agent/discovery/consul_agent_sd.h"

#include <set>
#include <string>
#include <utility>

#include "agent/discovery/consul_api.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// The status of an agent's answer says how the service is.
constexpr int kPassing = 200;
constexpr int kWarning = 429;
constexpr int kCritical = 503;
constexpr int kUnknown = 404;

const char* health_of(int status) {
  return status == kPassing ? "passing" : status == kWarning ? "warning" : "critical";
}

class AgentPoll final : public Poll {
 public:
  AgentPoll(asio::io_context& control, const config::ConsulSdConfig& config, Discovery::Found found)
      : Poll(control, consul_server(config), std::make_shared<Trouble>(shown_consul_server(config))),
        config_(config),
        found_(std::move(found)),
        services_(config.services.begin(), config.services.end()) {}

 private:
  asio::awaitable<Outcome> ask() override {
    std::string target = config().url.target + "/v1/agent/self";
    const http::Response self = co_await get(std::move(target));
    if (!is_running()) co_return Outcome();
    if (!self.ok()) co_return Outcome{self.problem(), false};
    const std::optional<ConsulAgent> agent = parse_agent(self.body);
    if (!agent) co_return Outcome{"what the agent says of itself cannot be understood", false};
    if (config_.services.empty() || !config_.tags.empty()) {
      std::string list = config().url.target + "/v1/agent/services";
      const http::Response services = co_await get(std::move(list));
      if (!is_running()) co_return Outcome();
      if (std::string problem = take_services(services); !problem.empty()) co_return Outcome{problem, false};
    }
    // One that cannot be asked for holds back no other.
    std::string problem;
    const std::set<std::string> all = services_;
    for (const std::string& name : all) {
      std::string path = config().url.target + agent_health_path(name);
      const http::Response health = co_await get(std::move(path));
      if (!is_running()) co_return Outcome();
      if (std::string wrong = take_health(name, health, *agent); !wrong.empty()) problem = std::move(wrong);
    }
    co_return Outcome{std::move(problem), false};
  }

  // The problem, or none.
  std::string take_services(const http::Response& response) {
    if (!response.ok()) return response.problem();
    const std::optional<ConsulServices> all = parse_agent_services(response.body);
    if (!all) return "the list of services cannot be understood";
    std::set<std::string> wanted = wanted_services(config_, *all);
    for (const std::string& known : services_) {
      // One whose tags have changed is read on, as Promtail does.
      if (all->contains(known) && is_told_.contains(known)) {
        wanted.insert(known);
      } else if (is_told_.erase(known) != 0) {
        found_(known, {});
      }
    }
    services_ = std::move(wanted);
    return {};
  }

  std::string take_health(const std::string& service, const http::Response& response,
                          const ConsulAgent& agent) {
    const int status = response.status;
    if (response.error.empty() && status == kUnknown) {
      found_(service, {});
      return {};
    }
    const bool tells = status == kPassing || status == kWarning || status == kCritical;
    if (!response.error.empty() || !tells) return response.problem();
    auto targets = parse_agent_health(response.body, service, health_of(status), agent, config_);
    if (!targets) return "the instances of the service " + service + " cannot be understood";
    is_told_.insert(service);
    found_(service, std::move(*targets));
    return {};
  }

  const config::ConsulSdConfig& config_;
  const Discovery::Found found_;
  std::set<std::string> services_;  // that are asked for
  std::set<std::string> is_told_;   // those of them of which something was told
};

}  // namespace

ConsulAgentSd::ConsulAgentSd(asio::io_context& control, const config::ConsulSdConfig& config, Found found)
    : poll_(std::make_shared<AgentPoll>(control, config, std::move(found))) {}

}  // namespace lokitail::agent
