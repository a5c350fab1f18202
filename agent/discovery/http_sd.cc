#include "agent/discovery/http_sd.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "agent/discovery/target_list.h"
#include "config/nearest.h"
#include "config/url.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::nanoseconds kLeastTimeout = std::chrono::seconds(10);

std::string_view trim(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

// "application/json", with the character set UTF-8 or none.
bool is_json(std::string_view content_type) {
  const std::size_t semicolon = std::min(content_type.find(';'), content_type.size());
  if (!config::equal_fold(trim(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == content_type.size()) return true;
  const std::string_view parameter = trim(content_type.substr(semicolon + 1));
  return config::equal_fold(parameter, "charset=utf-8") || config::equal_fold(parameter, "charset=\"utf-8\"");
}

PollConfig poll_config(const config::HttpSdConfig& config) {
  PollConfig poll;
  poll.url = http::parse_url(config.url.reveal()).value_or(http::Url());  // checked with the configuration
  poll.http = config.http;
  const double seconds = std::chrono::duration<double>(config.refresh_interval).count();
  poll.headers.emplace_back("X-Prometheus-Refresh-Interval-Seconds", fmt::format("{}", seconds));
  poll.interval = config.refresh_interval;
  poll.timeout = std::max(config.refresh_interval, kLeastTimeout);
  return poll;
}

class ListPoll final : public Poll {
 public:
  ListPoll(asio::io_context& control, const config::HttpSdConfig& config, const std::string& shown_url,
           Discovery::Found found)
      : Poll(control, poll_config(config), std::make_shared<Trouble>(shown_url)),
        shown_url_(shown_url),
        found_(std::move(found)) {}

 private:
  asio::awaitable<Outcome> ask() override {
    std::string target = config().url.target;
    const http::Response response = co_await get(std::move(target));
    if (!is_running()) co_return Outcome();
    co_return Outcome{take(response), false};
  }

  // The problem, or none.
  std::string take(const http::Response& response) {
    constexpr int kOk = 200;
    if (!response.error.empty() || response.status != kOk) return response.problem();
    const std::string_view type = response.header("Content-Type");
    if (!is_json(type)) return fmt::format("the content type is \"{}\": expected application/json", type);
    std::vector<config::LabelMap> targets;
    try {
      targets = read_json_target_list(response.body);
    } catch (const std::runtime_error& problem) {
      return fmt::format("the list of targets cannot be understood: {}", problem.what());
    }
    for (config::LabelMap& labels : targets) labels["__meta_url"] = shown_url_;
    found_("", std::move(targets));
    return {};
  }

  const std::string shown_url_;
  const Discovery::Found found_;
};

}  // namespace

HttpSd::HttpSd(asio::io_context& control, const config::HttpSdConfig& config, Found found)
    : poll_(std::make_shared<ListPoll>(control, config, config::mask_url(config.url.reveal()),
                                       std::move(found))) {}

}  // namespace lokitail::agent
