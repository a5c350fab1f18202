#include "agent/source/push/push_request.h"

#include <catch2/catch.hpp>

#include <snappy.h>

#include "tests/support/compress.h"
#include "tests/unit/agent/source/push/protobuf_text.h"
#include "tests/unit/agent/source/received/shown_block.h"

namespace lokitail::agent {
namespace {

using namespace test;
using namespace lokitail::test;

const PushReading kKeepsTimes{.keeps_times = true};

template <typename Read>
std::string read(Read reader, std::string body, const PushReading& reading = kKeepsTimes) {
  ReceivedBlock block;
  const PushResult result = reader(std::move(body), reading, block);
  return result ? shown(block) : "refused: " + result.message;
}

std::string packed(const std::string& message) {
  std::string out;
  snappy::Compress(message.data(), message.size(), &out);
  return out;
}

std::string entry(std::uint64_t seconds, std::uint64_t nanoseconds, std::string_view line,
                  const std::string& more = "") {
  return bytes_field(2, bytes_field(1, number_field(1, seconds) + number_field(2, nanoseconds)) +
                            bytes_field(2, line) + more);
}

TEST_CASE("a push as protobuf", "[push]") {
  const std::string metadata = bytes_field(3, bytes_field(1, "trace") + bytes_field(2, "t1"));
  const std::string body =
      packed(bytes_field(1, bytes_field(1, R"({app="a"})") + entry(1'700'000'000, 5, "one", metadata) +
                                entry(3, 0, "")) +
             bytes_field(1, entry(4, 0, "labels come last") + bytes_field(1, R"({app="b", x="y"})")));
  CHECK(read(read_push_protobuf, body) ==
        "app=a | 1700000000000000005 | one | trace=t1 \n"
        "app=a | 3000000000 |  | \n"
        "app=b x=y | 4000000000 | labels come last | \n");
  PushReading now;
  CHECK(read(read_push_protobuf, packed(bytes_field(1, bytes_field(1, "{a=\"b\"}") + entry(3, 0, "x"))),
             now) == "a=b | now | x | \n");
}

TEST_CASE("a push that is no protobuf is refused", "[push]") {
  CHECK(read(read_push_protobuf, "xx") == "refused: snappy: corrupt input");
  CHECK(read(read_push_protobuf, packed("\x0a\x7f")) == "refused: proto: malformed push request");
  CHECK(read(read_push_protobuf, packed(bytes_field(1, bytes_field(1, "{a}") + entry(3, 0, "x")))) ==
        "refused: error parsing labels of a stream: parse error at char 3: expected =");
  CHECK(read(read_push_protobuf,
             packed(bytes_field(1, bytes_field(1, "{a=\"b\"}") + entry(3, 1'000'000'000, "x")))) ==
        "refused: proto: malformed push request");
}

TEST_CASE("a push as JSON", "[push]") {
  CHECK(read(read_push_json, R"({"streams":[
      {"stream":{"app":"a"},"values":[["1700000000000000005","say \"hi\"\u00e4"],["7","two",{"trace":"t1"}]]},
      {"stream":{"app":"b"},"values":[]}, {"stream":{}, "values":[["8","bare"]]}]})") ==
        "app=a | 1700000000000000005 | say \"hi\"\u00e4 | \n"
        "app=a | 7 | two | trace=t1 \n"
        "| 8 | bare | \n");
  CHECK(read(read_push_json, R"({"streams":[]})").empty());
  CHECK(read(read_push_json, "{}").empty());
  // As Loki, which does not look at it either.
  CHECK(read(read_push_json, "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"\xff\"]]}]}") ==
        "a=b | 1 | \xff | \n");
}

TEST_CASE("a push that is no JSON of its form is refused", "[push]") {
  CHECK(read(read_push_json, "[]") == "refused: the body is no JSON object");
  CHECK(read(read_push_json, "{\"streams\":[") == "refused: the body is no JSON object");
  CHECK(read(read_push_json, R"({"streams":{}})") == "refused: streams: expected a list");
  CHECK_THAT(read(read_push_json, R"({"streams":[{"stream":{"a":1},"values":[]}]})"),
             Catch::StartsWith("refused: stream:"));
  for (const char* value : {"[]", "[\"1\"]", "[1,\"x\"]", "[\"1\",2]", "[\"1x\",\"l\"]", "[\"1\",\"l\",[]]",
                            "[\"1\",\"l\",{\"a\":1}]", "3"}) {
    INFO(value);
    CHECK_THAT(
        read(read_push_json, std::string(R"({"streams":[{"stream":{"a":"b"},"values":[)") + value + "]}]}"),
        Catch::StartsWith("refused: values: expected"));
  }
}

TEST_CASE("keys of a push as JSON come in any order, and others are passed by", "[push]") {
  CHECK(read(read_push_json, R"({"a":[{"streams":[1]}],"streams":[{"b":{"stream":{"x":"y"}},
      "values":[["1","one",{},[["2"],{}],"more"],["2","two"]],"c":null,"stream":{"app":"a"}}],"d":"e"})") ==
        "app=a | 1 | one | \napp=a | 2 | two | \n");
  CHECK(read(read_push_json, R"({"streams":null})").empty());
  CHECK(read(read_push_json, R"({"streams":[{"stream":{},"values":null}]})").empty());
  CHECK(read(read_push_json, R"({"streams":[{"stream":{"a":"1","a":"2"},"values":[["1","x"]]}]})") ==
        "a=1 a=2 | 1 | x | \n");  // the later one holds for who takes it
  for (const char* stream :
       {R"({"values":[]})", R"({"stream":null,"values":[]})", R"([])", R"("s")", "7", "true",
        R"({"stream":{"a":{"b":"c"}}})", R"({"stream":{"a":[]}})", R"({"stream":{"a":null}})"}) {
    INFO(stream);
    CHECK_THAT(read(read_push_json, std::string(R"({"streams":[)") + stream + "]}"),
               Catch::StartsWith("refused: stream: expected"));
  }
  for (const char* values : {R"({})", R"("s")", "7"}) {
    INFO(values);
    CHECK(read(read_push_json, std::string(R"({"streams":[{"stream":{},"values":)") + values + "}]}") ==
          "refused: values: expected a list");
  }
  for (const char* rest : {"", "]", "]}", "]}]", "]}]}x", "]}]]}"}) {
    INFO(rest);
    const std::string whole = R"({"streams":[{"stream":{},"values":[["1","x"])";
    CHECK(read(read_push_json, whole + rest) == "refused: the body is no JSON object");
  }
}

TEST_CASE("plain lines", "[push]") {
  CHECK(read(read_push_lines, "one\r\n\n\r\ntwo\nthree") ==
        "| now | one | \n| now | two | \n| now | three | \n");
  CHECK(read(read_push_lines, "").empty());
}

TEST_CASE("what asks for too much memory is refused", "[push]") {
  const PushReading few{.most_parts = 3};
  CHECK_THAT(read(read_push_lines, "a\nb\nc\nd\n", few), Catch::StartsWith("refused: more than 3 "));
  CHECK(read(read_push_lines, "a\nb\nc\n", few) == "| now | a | \n| now | b | \n| now | c | \n");
  CHECK_THAT(read(read_push_json,
                  R"({"streams":[{"stream":{"a":"b"},"values":[["1","x"],["1","x",{"a":"b"}]]}]})", few),
             Catch::StartsWith("refused: more than 3 "));
  CHECK_THAT(read(read_push_protobuf, packed(std::string(5000, 'x')), {.most_bytes = 4999}),
             Catch::StartsWith("refused: message size too large"));
}

TEST_CASE("bodies are unpacked as their Content-Encoding says", "[push]") {
  const std::string text = "some text that is some text that is some text";
  const auto unpacked = [&](Compression compression, const std::string& encoding, std::size_t most = 1000) {
    std::string body = compressed(text, compression);
    const PushResult result = unpack_body(body, encoding, most);
    return result ? body : "refused: " + result.message;
  };
  CHECK(unpacked(Compression::kGzip, "gzip") == text);
  CHECK(unpacked(Compression::kZlib, "deflate") == text);
  CHECK(unpacked(Compression::kDeflate, "deflate") == text);
  CHECK(unpacked(Compression::kZstd, "zstd") == text);
  CHECK(unpacked(Compression::kGzip, "gzip", text.size()) == text);
  CHECK_THAT(unpacked(Compression::kGzip, "gzip", text.size() - 1),
             Catch::StartsWith("refused: the body is larger than"));
  CHECK(unpacked(Compression::kGzip, "zstd") == "refused: the body is no zstd");
  CHECK(unpacked(Compression::kGzip, "br") == "refused: Content-Encoding \"br\" not supported");
  std::string part = compressed(text, Compression::kGzip);
  part.resize(part.size() - 9);
  CHECK(unpack_body(part, "gzip", 1000).message == "the body is a part of gzip only");
  std::string nothing;
  CHECK(unpack_body(nothing, "gzip", 1000).message == "the body is a part of gzip only");
  std::string large(100'000, 'x');
  std::string body = compressed(large, Compression::kGzip);
  REQUIRE(unpack_body(body, "gzip", 100'000));
  CHECK(body == large);
}

}  // namespace
}  // namespace lokitail::agent
