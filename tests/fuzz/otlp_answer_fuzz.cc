// What a collector of traces answers: any bytes are taken, and what they say of spans is bounded by what was
// sent.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/telemetry/trace.pb.h"
#include "agent/telemetry/tracing/otlp_spans.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto answer = lokitail::agent::read_export_answer(body);
  if (answer.message.size() > size) std::abort();
  // What is valid is understood the same when it is written anew.
  otlp::ExportTraceServiceResponse response;
  response.mutable_partial_success()->set_rejected_spans(static_cast<std::int64_t>(answer.rejected_spans));
  response.mutable_partial_success()->set_error_message(answer.message);
  const auto again = lokitail::agent::read_export_answer(response.SerializeAsString());
  if (again.rejected_spans != answer.rejected_spans || again.message != answer.message) std::abort();
  return 0;
}
