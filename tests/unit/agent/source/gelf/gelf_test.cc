#include <catch2/catch.hpp>

#include "agent/source/gelf/gelf_chunks.h"
#include "agent/source/gelf/gelf_message.h"
#include "tests/support/compress.h"

namespace lokitail::agent {
namespace {

using namespace lokitail::test;
using namespace std::chrono_literals;

std::string chunk(const std::string& id, int number, int count, const std::string& part) {
  return "\x1e\x0f" + id + static_cast<char>(number) + static_cast<char>(count) + part;
}

std::string line_of(const std::string& packed) {
  pipeline::Arena arena;
  const auto message = read_gelf(packed, arena);
  return message ? message->line : "none";
}

constexpr const char* kMessage =
    R"({"version":"1.1","host":"example.org","short_message":"a <b>","full_message":"Backtrace\nmore","timestamp":1385053862.3072,)"
    R"("level":3,"_user_id":9001,"_some":{"b":[1,null],"a":true},"facility":"web","ignored":1})";
constexpr const char* kLine =
    R"({"version":"1.1","host":"example.org","short_message":"a \u003cb\u003e","full_message":"Backtrace\nmore","timestamp":1385053862.3072,)"
    R"("level":3,"facility":"web","_some":{"a":true,"b":[1,null]},"_user_id":9001})";

TEST_CASE("a GELF message is written anew as Promtail does it", "[gelf]") {
  pipeline::Arena arena;
  const auto message = read_gelf(kMessage, arena);
  REQUIRE(message);
  CHECK(message->line == kLine);
  CHECK(message->version == "1.1");
  CHECK(message->host == "example.org");
  CHECK(message->facility == "web");
  CHECK(message->level == "error");
  REQUIRE(message->time);
  CHECK(message->time->seconds == 1385053862);
  CHECK(message->time->nanoseconds == 307'200'000);
  CHECK(line_of(compressed(kMessage, Compression::kGzip)) == kLine);
  CHECK(line_of(compressed(kMessage, Compression::kZlib)) == kLine);
}

TEST_CASE("a GELF message of which little is said", "[gelf]") {
  CHECK(line_of("{}") == R"({"version":"","host":"","short_message":"","timestamp":0})");
  pipeline::Arena arena;
  const auto message = read_gelf(R"({"level":0,"host":null})", arena);
  REQUIRE(message);
  CHECK(message->level == "emergency");
  CHECK_FALSE(message->time);
  CHECK(read_gelf(R"({"level":12})", arena)->level.empty());
}

TEST_CASE("what is no GELF message", "[gelf]") {
  CHECK(line_of("") == "none");
  CHECK(line_of("null") == "none");
  CHECK(line_of("[1]") == "none");
  CHECK(line_of(R"({"host":1})") == "none");
  CHECK(line_of(R"({"timestamp":"x"})") == "none");
  CHECK(line_of(R"({"level":1e10})") == "none");
  CHECK(line_of("\x1f\x8b\x08garbage") == "none");
  std::string part = compressed(kMessage, Compression::kGzip);
  part.resize(part.size() / 2);
  CHECK(line_of(part) == "none");
  // What would fill the memory when it is unpacked.
  CHECK(line_of(compressed(std::string(20 << 20, ' '), Compression::kGzip)) == "none");
}

TEST_CASE("chunks come in any order, mixed, and twice", "[gelf]") {
  GelfChunks chunks;
  const auto now = GelfChunks::Clock::time_point();
  CHECK_FALSE(chunks.take(chunk("AAAAAAAA", 2, 3, "three"), now));
  CHECK_FALSE(chunks.take(chunk("BBBBBBBB", 1, 2, "b2"), now));
  CHECK_FALSE(chunks.take(chunk("AAAAAAAA", 0, 3, "one "), now));
  CHECK_FALSE(chunks.take(chunk("AAAAAAAA", 0, 3, "again"), now));
  CHECK(chunks.take(chunk("AAAAAAAA", 1, 3, "two "), now) == "one two three");
  CHECK(chunks.take(chunk("BBBBBBBB", 0, 2, "b1"), now) == "b1b2");
  CHECK(chunks.take(chunk("CCCCCCCC", 0, 1, "alone"), now) == "alone");
  CHECK(chunks.waiting() == 0);
  CHECK(chunks.take_given_up() == 0);
}

TEST_CASE("chunks that never become a message are given up", "[gelf]") {
  GelfChunks chunks;
  const auto now = GelfChunks::Clock::time_point();
  CHECK_FALSE(chunks.take(chunk("AAAAAAAA", 0, 2, "x"), now));
  CHECK_FALSE(chunks.take(chunk("BBBBBBBB", 0, 2, "x"), now + 6s));
  CHECK(chunks.waiting() == 1);
  CHECK(chunks.take_given_up() == 1);
  for (const auto& wrong : {chunk("CCCCCCCC", 2, 2, "x"), chunk("CCCCCCCC", 0, 0, "x"),
                            chunk("CCCCCCCC", 0, 129, "x"), std::string("\x1e\x0fshort")}) {
    CHECK_FALSE(chunks.take(wrong, now + 6s));
  }
  CHECK(chunks.take_given_up() == 4);
  // Memory is bounded by number and by bytes.
  for (std::size_t i = 0; i < 2 * GelfChunks::kMostWaiting; ++i) {
    std::string id = std::to_string(10'000'000 + i);
    CHECK_FALSE(chunks.take(chunk(id, 0, 2, "x"), now + 6s));
  }
  CHECK(chunks.waiting() == GelfChunks::kMostWaiting);
  for (std::size_t i = 0; i < 300; ++i) {
    std::string id = std::to_string(20'000'000 + i);
    CHECK_FALSE(chunks.take(chunk(id, 0, 2, std::string(60'000, 'x')), now + 6s));
  }
  CHECK(chunks.waiting() <= GelfChunks::kMostWaitingBytes / 60'000);
}

}  // namespace
}  // namespace lokitail::agent
