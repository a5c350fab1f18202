#include "agent/telemetry/tracing/otlp_spans.h"

#include <unistd.h>

#include <chrono>
#include <limits>

#include "agent/telemetry/trace.pb.h"
#include "agent/version.h"
#include "pipeline/utf8.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string as_utf8(std::string_view text) {
  if (pipeline::is_utf8(text)) return std::string(text);
  std::string made;
  while (!text.empty()) {
    const pipeline::Character character = pipeline::first_character(text);
    made += character.valid ? text.substr(0, character.size) : kReplacement;
    text.remove_prefix(character.size);
  }
  return made;
}

template <typename Bytes>
std::string as_text(const Bytes& id) {
  return {id.begin(), id.end()};
}

std::uint64_t unix_nanoseconds(Span::Time time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return static_cast<std::uint64_t>(since.count());
}

otlp::AnyValue& add(google::protobuf::RepeatedPtrField<otlp::KeyValue>& to, std::string_view key) {
  otlp::KeyValue& made = *to.Add();
  made.set_key(std::string(key));
  return *made.mutable_value();
}

void write(const Span::Attribute& attribute, google::protobuf::RepeatedPtrField<otlp::KeyValue>& to) {
  otlp::AnyValue& value = add(to, attribute.first);
  if (const auto* text = std::get_if<std::string>(&attribute.second)) {
    value.set_string_value(as_utf8(*text));
  } else if (const auto* number = std::get_if<std::int64_t>(&attribute.second)) {
    value.set_int_value(*number);
  } else {
    value.set_bool_value(std::get<bool>(attribute.second));
  }
}

void write(const Span& span, otlp::Span& to) {
  to.set_trace_id(as_text(span.context.trace_id));
  to.set_span_id(as_text(span.context.span_id));
  if (span.parent) to.set_parent_span_id(as_text(span.parent->span_id));
  to.set_name(span.name);
  const bool asks = span.kind == Span::Kind::kClient;
  to.set_kind(asks ? otlp::Span::SPAN_KIND_CLIENT : otlp::Span::SPAN_KIND_INTERNAL);
  to.set_start_time_unix_nano(unix_nanoseconds(span.start));
  // A clock that was set back meanwhile makes no span of negative length.
  to.set_end_time_unix_nano(unix_nanoseconds(std::max(span.start, span.end)));
  to.set_flags(span.context.sampled ? 1 : 0);
  for (const Span::Attribute& attribute : span.attributes) write(attribute, *to.mutable_attributes());
  if (span.error.empty()) return;
  to.mutable_status()->set_code(otlp::Status::STATUS_CODE_ERROR);
  to.mutable_status()->set_message(as_utf8(span.error));
}

}  // namespace

std::string otlp_request(const std::vector<Span>& spans, std::string_view host_name) {
  otlp::ExportTraceServiceRequest request;
  otlp::ResourceSpans& all = *request.add_resource_spans();
  auto& resource = *all.mutable_resource()->mutable_attributes();
  add(resource, "service.name").set_string_value("lokitail");
  add(resource, "service.version").set_string_value(kVersion);
  add(resource, "host.name").set_string_value(as_utf8(host_name));
  add(resource, "process.pid").set_int_value(::getpid());
  otlp::ScopeSpans& scope = *all.add_scope_spans();
  scope.mutable_scope()->set_name("lokitail");
  scope.mutable_scope()->set_version(kVersion);
  for (const Span& span : spans) write(span, *scope.add_spans());
  return request.SerializeAsString();
}

ExportAnswer read_export_answer(std::string_view body) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  otlp::ExportTraceServiceResponse response;
  if (body.size() > kMost || !response.ParseFromArray(body.data(), static_cast<int>(body.size()))) return {};
  const otlp::ExportTracePartialSuccess& partial = response.partial_success();
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(partial.rejected_spans(), 0)),
          partial.error_message()};
}

}  // namespace lokitail::agent
