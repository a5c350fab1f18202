#include "agent/server/control_api.h"

#include <array>
#include <string>
#include <utility>

#include "agent/delivery/delivery.h"
#include "agent/server/json_answer.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels{{{"debug", log::Level::kDebug},
                                                                          {"info", log::Level::kInfo},
                                                                          {"warn", log::Level::kWarn},
                                                                          {"error", log::Level::kError}}};

HttpAnswer level_answer(unsigned code, std::string_view status, const std::string& message) {
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  if (!status.empty()) out.member("status", status);
  out.member("message", message);
  out.end('}');
  return json_answer(std::move(json), code);
}

HttpAnswer show_level() {
  for (const auto& [name, level] : kLevels) {
    if (level == log::level()) return level_answer(200, "", "Current log level is " + std::string(name));
  }
  return level_answer(200, "", "Current log level is unknown");
}

// The words are Loki's (pkg/util/log).
HttpAnswer set_level(const HttpRequest& request) {
  const std::string wanted =
      form_value(request.body, "log_level").value_or(form_value(request.query, "log_level").value_or(""));
  for (const auto& [name, level] : kLevels) {
    if (name != wanted) continue;
    log::set_level(level);
    return level_answer(200, "success", "Log level set to " + wanted);
  }
  return level_answer(400, "failed", "unrecognized log level \"" + wanted + "\"");
}

}  // namespace

void ControlApi::serve(HttpServer& server) {
  constexpr std::size_t kMostLevelBytes = 4096;
  server.on_get(
      "/log_level", [](HttpRequest&) -> asio::awaitable<HttpAnswer> { co_return show_level(); },
      Access::kPage);
  server.on_post(
      "/log_level", kMostLevelBytes,
      [](HttpRequest& request) -> asio::awaitable<HttpAnswer> { co_return set_level(request); }, {},
      Access::kAdmin);
  // What lies in batches is sent now, and what waits for another attempt is tried again.
  server.on_post(
      "/flush", kMostLevelBytes,
      [this](HttpRequest&) -> asio::awaitable<HttpAnswer> {
        for (Worker* const worker : parts_.workers()) worker->post([worker] { worker->hand_over(); });
        parts_.delivery().hurry();
        HttpAnswer done;
        done.status = 204;
        co_return done;
      },
      {}, Access::kAdmin);
}

}  // namespace lokitail::agent
