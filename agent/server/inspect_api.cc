#include "agent/server/inspect_api.h"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/command/job.h"
#include "agent/detached_call.h"
#include "agent/json_members.h"
#include "agent/server/json_answer.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/trace_json.h"
#include "pipeline/traced_pipeline.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// What is wanted. Shares nothing with the agent but nodes of its configuration, which are immutable.
struct Wanted {
  std::vector<std::string> lines;
  config::Node stages;
  config::LabelMap labels;
};

std::vector<std::string> lines_of(const JsonValue& request) {
  std::vector<std::string> lines;
  for (const JsonValue& line : items_of(request.find("lines"))) {
    if (!line.is_string()) throw std::invalid_argument("lines: expected a list of texts");
    lines.emplace_back(line.text());
  }
  if (lines.empty()) throw std::invalid_argument("lines: expected at least one");
  if (lines.size() > InspectApi::kMostLines) {
    throw std::invalid_argument("lines: more than " + std::to_string(InspectApi::kMostLines));
  }
  return lines;
}

// Throws std::exception for a request that is none.
Wanted read_request(const std::string& body, const config::Config& config) {
  pipeline::Arena arena;
  const auto request = pipeline::lang::parse_strict_json(body, arena);
  if (!request || !request->is_object()) throw std::invalid_argument("expected a JSON object");
  Wanted wanted;
  wanted.lines = lines_of(*request);
  const JsonValue* const stages = request->find("stages");
  const JsonValue* const job = request->find("job");
  if (job != nullptr || stages == nullptr) {
    PipelineSource source = pipeline_of_job(config, text_of(*request, "job"), {"job", 0, 0});
    wanted.stages = std::move(source.stages);
    wanted.labels = std::move(source.labels);
  }
  if (stages != nullptr) {
    if (!stages->is_string()) throw std::invalid_argument("stages: expected YAML as a text");
    wanted.stages = config::Node::parse(stages->text(), "stages");
  }
  if (const JsonValue* const labels = request->find("labels")) wanted.labels = texts_of(labels);
  return wanted;
}

HttpAnswer run(const Wanted& wanted) {
  try {
    config::Warnings warnings;
    std::string json;
    JsonWriter out(json);
    out.begin('{');
    out.begin("passages", '[');
    pipeline::TracedPipeline pipeline(wanted.stages, wanted.labels, system_time(), warnings,
                                      [&out](const pipeline::Passage& passage) {
                                        std::string text;
                                        append_json(text, passage);
                                        out.literal(text);
                                      });
    for (const std::string& line : wanted.lines) pipeline.push(line);
    pipeline.drain();
    out.end(']');
    out.begin("warnings", '[');
    for (const std::string& text : warnings.texts()) out.value(text);
    out.end(']');
    out.end('}');
    return json_answer(std::move(json));
  } catch (const config::Error& error) {
    return json_error(400, error.message(), error.place());
  } catch (const std::exception& error) {
    return json_error(400, error.what());
  }
}

}  // namespace

InspectApi::InspectApi(const ServedParts& parts) : parts_(parts) {}

void InspectApi::serve(HttpServer& server) {
  server.on_post(
      "/api/v1/inspect", kMostBodyBytes, [this](HttpRequest& request) { return inspect(request); }, {},
      Access::kAdmin);
}

asio::awaitable<HttpAnswer> InspectApi::inspect(HttpRequest& request) {
  if (!running_.expired()) co_return json_error(429, "another run is on its way");
  auto wanted = std::make_shared<Wanted>();
  try {
    *wanted = read_request(request.body, parts_.config());
  } catch (const config::Error& error) {
    co_return json_error(400, error.message(), error.place());
  } catch (const std::exception& error) {
    co_return json_error(400, error.what());
  }
  running_ = wanted;
  const auto answer = std::make_shared<HttpAnswer>();
  std::function<void()> make_answer = [answer, wanted = std::move(wanted)] { *answer = run(*wanted); };
  DetachedCall call(parts_.control);
  if (co_await call.run(run_thread_, std::move(make_answer), kPatience)) co_return std::move(*answer);
  co_return json_error(503, "these stages take too long");
}

}  // namespace lokitail::agent
