#include "agent/source/push/push_target.h"

#include <algorithm>
#include <utility>

#include "agent/source/push/otlp_request.h"
#include "agent/source/received/dropped_entries.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/x-protobuf";
// Codes of google.rpc.Status, which OTLP's answers have.
constexpr int kInvalidArgument = 3;
constexpr int kResourceExhausted = 8;
constexpr int kUnavailable = 14;

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(const HttpRequest& request) {
  const std::string_view content_type = request.header("Content-Type").value_or("");
  std::string type(content_type.substr(0, content_type.find(';')));
  std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return type;
}

// Plain lines are not relabelled, and are taken without labels too: as Promtail has it.
std::shared_ptr<ReceivedSource> make_source(const config::ScrapeConfig& job, const TargetContext& context,
                                            bool relabels) {
  ReceivedSource::Spec spec;
  spec.job = job.job_name;
  spec.labels = job.push_api->labels;
  if (relabels) spec.relabel_configs = job.relabel_configs;
  spec.is_awaited = true;
  spec.keeps_without_labels = !relabels;
  return std::make_shared<ReceivedSource>(context.control, context.worker, std::move(spec),
                                          count_dropped(context.metrics, job.job_name));
}

// The answer as OTLP has it: a google.rpc.Status, or an empty response.
HttpAnswer as_otlp(const HttpRequest& request, HttpAnswer answer) {
  const bool json = media_type(request) == kJson;
  const bool done = answer.status / 100 == 2;
  const int code = answer.status == 429   ? kResourceExhausted
                   : answer.status == 503 ? kUnavailable
                                          : kInvalidArgument;
  std::string message = std::move(answer.body);
  while (message.ends_with('\n')) message.pop_back();
  answer.content_type = json ? kJson : kProtobuf;
  answer.body.clear();
  if (done) answer.status = 200;
  if (json) {
    answer.body = "{";
    if (!done) {
      answer.body += "\"code\":" + std::to_string(code) + ",\"message\":";
      pipeline::lang::append_json_string(answer.body, message);
    }
    answer.body += "}";
  } else if (!done) {
    answer.body = {'\x08', static_cast<char>(code), '\x12'};
    message.resize(std::min<std::size_t>(message.size(), 0x7F));  // whose length is one byte
    answer.body += static_cast<char>(message.size());
    answer.body += message;
  }
  return answer;
}

}  // namespace

PushTarget::PushTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : config_(*job.push_api),
      receiver_(job, job.push_api->server, job.push_api->max_send_msg_size, "loki_push_api", context) {
  const auto source = make_source(job, context, true);
  const auto read = [this](auto member) {
    return [this, member](HttpRequest& request, ReceivedBlock& block) {
      return (this->*member)(request, block);
    };
  };
  receiver_.add({"/loki/api/v1/push", "push", source, read(&PushTarget::read_push)});
  receiver_.add({"/otlp/v1/logs", "otlp", source, read(&PushTarget::read_otlp), as_otlp});
  receiver_.add(
      {"/promtail/api/v1/raw", "raw", make_source(job, context, false), read(&PushTarget::read_lines)});
}

PushResult PushTarget::read_push(HttpRequest& request, ReceivedBlock& block) const {
  const std::string type = media_type(request);
  if (type.empty()) {
    return {PushError::kMalformed, "Content-Type: expected application/json or application/x-protobuf"};
  }
  return read_body(request, block, type == kJson ? read_push_json : read_push_protobuf);
}

PushResult PushTarget::read_otlp(HttpRequest& request, ReceivedBlock& block) const {
  const std::string type = media_type(request);
  if (type != kJson && type != kProtobuf) {
    return {PushError::kMalformed, "Content-Type: expected application/x-protobuf or application/json"};
  }
  return read_body(request, block, type == kJson ? read_otlp_json : read_otlp_protobuf);
}

PushResult PushTarget::read_lines(HttpRequest& request, ReceivedBlock& block) const {
  return read_body(request, block, read_push_lines);
}

template <typename Read>
PushResult PushTarget::read_body(HttpRequest& request, ReceivedBlock& block, Read read) const {
  PushReading reading;
  reading.keeps_times = config_.use_incoming_timestamp;
  reading.most_bytes = config_.max_send_msg_size;
  if (config_.keep_tenant) reading.tenant = request.header("X-Scope-OrgID").value_or("");
  PushResult result =
      unpack_body(request.body, request.header("Content-Encoding").value_or(""), reading.most_bytes);
  return result ? read(std::move(request.body), reading, block) : result;
}

}  // namespace lokitail::agent
