#include "agent/source/push/otlp_request.h"

#include <catch2/catch.hpp>

#include "agent/source/push/otlp_value.h"
#include "tests/unit/agent/source/push/protobuf_text.h"
#include "tests/unit/agent/source/received/shown_block.h"

namespace lokitail::agent {
namespace {

using namespace test;

template <typename Read>
std::string read_otlp(Read reader, std::string body) {
  ReceivedBlock block;
  const PushResult result = reader(std::move(body), PushReading{.keeps_times = true}, block);
  return result ? shown(block) : "refused: " + result.message;
}

std::string string_value(std::string_view text) { return bytes_field(1, text); }
std::string member(unsigned field, std::string_view key, const std::string& value) {
  return bytes_field(field, bytes_field(1, key) + bytes_field(2, value));
}

constexpr const char* kExpected =
    "service_name=shop | 1700000000000000005 | paid | "
    "amount_cents=1250 flags=1 host_name=h1 list=[1,\"two\",true,null] "
    "observed_timestamp=1700000000000000009 "
    "ratio=0.5 raw=AQL/ scope_name=lib scope_version=2 severity_number=9 severity_text=INFO "
    "span_id=00f067aa0ba902b7 "
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 \n";

TEST_CASE("logs as OTLP's protobuf", "[push][otlp]") {
  const std::string resource = bytes_field(
      1, member(1, "service.name", string_value("shop")) + member(1, "host.name", string_value("h1")));
  const std::string scope = bytes_field(1, bytes_field(1, "lib") + bytes_field(2, "2"));
  const std::string list =
      bytes_field(5, bytes_field(1, number_field(3, 1)) + bytes_field(1, string_value("two")) +
                         bytes_field(1, number_field(2, 1)) + bytes_field(1, ""));
  const std::string trace("\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36", 16);
  const std::string span("\x00\xf0\x67\xaa\x0b\xa9\x02\xb7", 8);
  const std::string record =
      fixed64_field(1, 1'700'000'000'000'000'005) + fixed64_field(11, 1'700'000'000'000'000'009) +
      number_field(2, 9) + bytes_field(3, "INFO") + bytes_field(5, string_value("paid")) +
      member(6, "amount", bytes_field(6, member(1, "cents", number_field(3, 1250)))) +
      member(6, "list", list) + member(6, "ratio", fixed64_field(4, 0x3FE0000000000000)) +
      member(6, "raw", bytes_field(7, "\x01\x02\xff")) + varint(8 << 3 | 5) +
      std::string("\x01\x00\x00\x00", 4) + bytes_field(9, trace) + bytes_field(10, span);
  CHECK(read_otlp(read_otlp_protobuf,
                  bytes_field(1, resource + bytes_field(2, scope + bytes_field(2, record)))) == kExpected);
}

TEST_CASE("logs as OTLP's JSON", "[push][otlp]") {
  CHECK(read_otlp(read_otlp_json, R"({"resourceLogs":[{
      "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"h1"}}]},
      "scopeLogs":[{"scope":{"name":"lib","version":"2"},"logRecords":[{
        "timeUnixNano":"1700000000000000005","observedTimeUnixNano":"1700000000000000009","severityNumber":9,"severityText":"INFO",
        "body":{"stringValue":"paid"},"flags":1,"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
        "attributes":[
          {"key":"amount","value":{"kvlistValue":{"values":[{"key":"cents","value":{"intValue":"1250"}}]}}},
          {"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"two"},{"boolValue":true},{}]}}},
          {"key":"ratio","value":{"doubleValue":0.5}},
          {"key":"raw","value":{"bytesValue":"AQL/"}}]}]}]}]})") == kExpected);
}

TEST_CASE("labels, names and times where senders say little", "[push][otlp]") {
  const auto logs = [](const std::string& resource, const std::string& record) {
    return R"({"resourceLogs":[{"resource":{"attributes":[)" + resource +
           R"(]},"scopeLogs":[{"logRecords":[)" + record + "]}]}]}";
  };
  CHECK(read_otlp(read_otlp_json, logs("", R"({"body":{"stringValue":"x"}})")) ==
        "service_name=unknown_service | now | x | \n");
  CHECK(read_otlp(read_otlp_json, logs(R"({"key":"k8s.container.name","value":{"stringValue":"c"}})",
                                       R"({"observedTimeUnixNano":7})")) ==
        "k8s_container_name=c service_name=c | 7 |  | observed_timestamp=7 \n");
  // A body that is no text is JSON with its keys in order.
  CHECK(read_otlp(read_otlp_json, logs("", R"({"body":{"kvlistValue":{"values":[
        {"key":"b","value":{"intValue":"9007199254740993"}},{"key":"a","value":{"stringValue":"\"<"}}]}}})")) ==
        "service_name=unknown_service | now | {\"a\":\"\\\"\\u003c\",\"b\":9007199254740993} | \n");
  CHECK(
      read_otlp(
          read_otlp_json,
          logs(
              "",
              R"({"attributes":[{"key":"1 st","value":{"boolValue":false}},{"key":"","value":{"boolValue":false}}]})")) ==
      "service_name=unknown_service | now |  | key_1_st=false \n");
}

TEST_CASE("what of OTLP would take too much memory is refused", "[push][otlp]") {
  const auto refusal = [](auto reader, std::string body, const PushReading& reading) {
    ReceivedBlock block;
    const PushResult result = reader(std::move(body), reading, block);
    CHECK((result || result.error == PushError::kTooLarge));
    return result ? std::string("none") : result.message;
  };
  const std::string too_much = "more than 4 records and attributes, or 100 bytes of names";
  const PushReading few{.most_bytes = 100, .most_parts = 4};
  const auto logs = [](const std::string& resource, const std::string& scope, const std::string& record) {
    return bytes_field(
        1, bytes_field(1, resource) + bytes_field(2, bytes_field(1, scope) + bytes_field(2, record)));
  };
  // Values that hold nothing.
  std::string empty_members, empty_items;
  for (int i = 0; i < 5; ++i) {
    empty_members += bytes_field(1, "");
    empty_items += bytes_field(1, "");
  }
  CHECK(refusal(read_otlp_protobuf, logs(empty_members, "", ""), few) == too_much);
  CHECK(refusal(read_otlp_protobuf, logs("", "", bytes_field(5, bytes_field(5, empty_items))), few) ==
        too_much);
  CHECK(refusal(read_otlp_json, R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":
      {"arrayValue":{"values":[{},{},{},{},{}]}}}]}]}]})",
                few) == too_much);
  CHECK(refusal(read_otlp_json, R"({"x":[0,0,0,0,0,0,0,0,0,0,0,0,0,0]})", few) == "none");
  CHECK(refusal(read_otlp_json, R"({"x":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]})", few) == too_much);
  // Of a map each member has the map's name in its own.
  std::string members;
  for (const char* const key : {"a", "b", "c"}) members += member(1, key, string_value("v"));
  const std::string map = bytes_field(6, members);
  CHECK(refusal(read_otlp_protobuf, logs(member(1, std::string(31, 'n'), map), "", ""), few) == "none");
  CHECK(refusal(read_otlp_protobuf, logs(member(1, std::string(32, 'n'), map), "", ""), few) == too_much);
  CHECK(refusal(read_otlp_protobuf, logs("", member(3, std::string(32, 'n'), map), ""), few) == too_much);
  CHECK(refusal(read_otlp_protobuf, logs("", "", member(6, std::string(32, 'n'), map)), few) == too_much);
  // What would be made of 1.4 MB without a limit takes 40 GB.
  members.clear();
  for (int i = 0; i < 100'000; ++i) members += member(1, "k", string_value("v"));
  CHECK(refusal(read_otlp_protobuf,
                logs(member(1, std::string(400'000, 'n'), bytes_field(6, members)), "", ""),
                {.most_bytes = std::size_t{10} << 20}) != "none");
}

TEST_CASE("what is no OTLP is refused", "[push][otlp]") {
  CHECK(read_otlp(read_otlp_protobuf, "\x0a\x7f") == "refused: proto: malformed logs request");
  CHECK(read_otlp(read_otlp_json, "x") == "refused: the body is no JSON object");
  CHECK(read_otlp(read_otlp_json, R"({"resourceLogs":[1]})") == "refused: resourceLogs: expected objects");
  CHECK(read_otlp(read_otlp_json,
                  R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"x"}}]}]}]})") ==
        "refused: logRecords: a record is malformed");
  // Deeper than anybody nests.
  std::string deep = string_value("x");
  for (int i = 0; i < 2 * kMostOtlpDepth; ++i) deep = bytes_field(5, bytes_field(1, deep));
  const std::string record = bytes_field(2, bytes_field(5, deep));
  CHECK(read_otlp(read_otlp_protobuf, bytes_field(1, bytes_field(2, record))) ==
        "refused: proto: malformed logs request");
}

}  // namespace
}  // namespace lokitail::agent
