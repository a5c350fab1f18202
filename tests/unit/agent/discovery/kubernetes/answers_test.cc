#include "agent/discovery/kubernetes/answers.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::kubernetes {
namespace {

std::vector<std::string> lines_of(const std::string& text, std::size_t piece, LineReader& reader) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.feed(std::string_view(text).substr(at, piece), [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
  }
  return lines;
}

TEST_CASE("kubernetes answers: lines come in pieces, and too long ones are passed over") {
  const std::string text = "one\n\ntwo and more\r\n" + std::string(30, 'x') + "\nthree\nnot whole";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    INFO(piece);
    LineReader reader(20);
    CHECK(lines_of(text, piece, reader) == std::vector<std::string>{"one", "two and more\r", "three"});
    CHECK(reader.passed_over() == 1);
  }
  LineReader reader;
  int told = 0;
  CHECK_FALSE(reader.feed("a\nb\n", [&](std::string_view) { return ++told < 1; }));
  CHECK(told == 1);
}

TEST_CASE("kubernetes answers: pages") {
  AnswerParser parser;
  const auto page = parser.parse_page(
      R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"10","continue":"abc","remainingItemCount":7},
         "items":[{"metadata":{"name":"a","namespace":"n"}},{"metadata":{"name":"b"}}]})");
  REQUIRE(page);
  CHECK(page->resource_version == "10");
  CHECK(page->next == "abc");
  REQUIRE(page->items.size() == 2);
  CHECK(object_key(page->items[0]) == "n/a");
  CHECK(object_key(page->items[1]) == "b");
  CHECK(parser.parse_page(R"({"metadata":{"resourceVersion":"1"},"items":null})")->items.empty());
  for (const char* wrong :
       {"", "[]", "null", "{}", R"({"items":[]})", R"({"metadata":{}})", R"({"metadata":{},"items":1})"}) {
    INFO(wrong);
    CHECK_FALSE(parser.parse_page(wrong));
  }
}

TEST_CASE("kubernetes answers: events") {
  AnswerParser parser;
  const auto kind_of = [&](const char* type) {
    const auto event = parser.parse_event(std::string(R"({"type":")") + type +
                                          R"(","object":{"metadata":{"name":"x","resourceVersion":"7"}}})");
    REQUIRE(event);
    CHECK(event->resource_version == "7");
    return event->kind;
  };
  CHECK(kind_of("ADDED") == Event::Kind::kAdded);
  CHECK(kind_of("MODIFIED") == Event::Kind::kModified);
  CHECK(kind_of("DELETED") == Event::Kind::kDeleted);
  CHECK(kind_of("BOOKMARK") == Event::Kind::kBookmark);
  const auto error = parser.parse_event(
      R"json({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
         "message":"too old resource version: 1 (5)","reason":"Expired","code":410}})json");
  REQUIRE(error);
  CHECK(error->kind == Event::Kind::kError);
  CHECK(error->code == 410);
  CHECK(error->message == "too old resource version: 1 (5)");
  for (const char* wrong : {"", "{", R"({"type":"ADDED"})", R"({"type":"OTHER","object":{}})",
                            R"({"type":"ADDED","object":[]})"}) {
    INFO(wrong);
    CHECK_FALSE(parser.parse_event(wrong));
  }
  CHECK(parser.parse_message(R"({"kind":"Status","message":"pods is forbidden","code":403})") ==
        "pods is forbidden");
  CHECK(parser.parse_message("<html>") == "<html>");
}

}  // namespace
}  // namespace lokitail::agent::kubernetes
