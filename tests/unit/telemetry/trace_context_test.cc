#include "lokitail/telemetry/trace_context.h"

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace lokitail::telemetry {
namespace {

const std::string kHeader = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST_CASE("a traceparent is read and made") {
  const auto context = parse_traceparent(kHeader);
  REQUIRE(context);
  CHECK(trace_id_text(*context) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span_id_text(*context) == "00f067aa0ba902b7");
  CHECK(context->sampled);
  CHECK(make_traceparent(*context) == kHeader);
}

TEST_CASE("what W3C refuses is refused") {
  const auto with = [](std::size_t at, char c) {
    std::string header = kHeader;
    header[at] = c;
    return header;
  };
  const std::string bad[] = {
      "",
      "00",
      kHeader.substr(0, 54),
      kHeader + "-",
      kHeader + "-00",
      kHeader + "0",
      with(2, '_'),
      with(35, ' '),
      with(52, '0'),
      with(0, 'g'),
      with(3, 'B'),  // upper case
      with(40, 'F'),
      with(54, 'x'),
      "ff" + kHeader.substr(2),
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      " " + kHeader,
  };
  for (const std::string& header : bad) {
    INFO(header);
    CHECK_FALSE(parse_traceparent(header));
  }
}

TEST_CASE("of a later version the parts that are known are taken") {
  CHECK(parse_traceparent("cc" + kHeader.substr(2)) == parse_traceparent(kHeader));
  CHECK(parse_traceparent("cc" + kHeader.substr(2) + "-what-the-future-brings") ==
        parse_traceparent(kHeader));
  CHECK_FALSE(parse_traceparent("cc" + kHeader.substr(2) + ".what"));
}

TEST_CASE("of the flags the first bit says whether a trace is sampled") {
  const std::string before = kHeader.substr(0, 53);
  CHECK_FALSE(parse_traceparent(before + "00")->sampled);
  CHECK_FALSE(parse_traceparent(before + "02")->sampled);
  CHECK(parse_traceparent(before + "03")->sampled);
  CHECK(parse_traceparent(before + "ff")->sampled);
}

TEST_CASE("spans of a trace have ids of their own") {
  const TraceContext root = new_trace();
  CHECK(root.valid());
  std::set<std::string> ids{span_id_text(root)};
  for (int i = 0; i < 100; ++i) {
    const TraceContext child = root.child();
    CHECK(child.trace_id == root.trace_id);
    CHECK(child.sampled);
    CHECK(ids.insert(span_id_text(child)).second);
  }
  CHECK(new_trace().trace_id != root.trace_id);
  CHECK_FALSE(new_trace(false).child().sampled);
  CHECK_FALSE(TraceContext{}.valid());
}

}  // namespace
}  // namespace lokitail::telemetry
