// Headers against a plain reader of the grammar in W3C's recommendation, and what was read against
// what is made of it.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "lokitail/telemetry/trace_context.h"

namespace {

using namespace lokitail::telemetry;

void require(bool holds, const char* what, std::string_view header) {
  if (holds) return;
  std::cerr << "traceparent: " << what << ": " << header << std::endl;
  std::abort();
}

bool zeros(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const re2::RE2 grammar(
      R"((?s)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f])([0-9a-f])(-.*)?)", re2::RE2::Latin1);
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  std::string version, trace_id, span_id, high, low, rest;
  bool good = re2::RE2::FullMatch({header.data(), header.size()}, grammar, &version, &trace_id, &span_id,
                                  &high, &low, &rest);
  good = good && version != "ff" && !zeros(trace_id) && !zeros(span_id) && (version != "00" || rest.empty());
  const auto context = parse_traceparent(header);
  require(context.has_value() == good, "the grammar says otherwise", header);
  if (!good) return 0;
  require(trace_id_text(*context) == trace_id, "trace id", header);
  require(span_id_text(*context) == span_id, "span id", header);
  const bool odd = std::string_view("13579bdf").find(low[0]) != std::string_view::npos;
  require(context->sampled == odd, "sampled", header);
  require(parse_traceparent(make_traceparent(*context)) == *context, "does not come back", header);
  return 0;
}
