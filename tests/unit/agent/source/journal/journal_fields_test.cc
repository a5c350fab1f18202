#include "agent/source/journal/journal_fields.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

TEST_CASE("the field of an entry is split at the first equals sign", "[journal]") {
  const auto field = split_field("MESSAGE=a=b");
  REQUIRE(field);
  CHECK(field->name == "MESSAGE");
  CHECK(field->value == "a=b");
  CHECK(split_field("X=")->value.empty());
  CHECK_FALSE(split_field("=x"));
  CHECK_FALSE(split_field("MESSAGE"));
  CHECK_FALSE(split_field(""));
}

TEST_CASE("labels of fields", "[journal]") {
  CHECK(label_of_field("_SYSTEMD_UNIT") == "__journal__systemd_unit");
  CHECK(label_of_field("PRIORITY") == "__journal_priority");
  CHECK(label_of_field("A1_Z") == "__journal_a1_z");
}

TEST_CASE("words for priorities", "[journal]") {
  const char* const words[] = {"emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"};
  for (int i = 0; i < 8; ++i) CHECK(priority_keyword(std::to_string(i)) == words[i]);
  for (const char* other : {"8", "-1", "07", "", "info", "3 "}) CHECK(priority_keyword(other) == other);
}

TEST_CASE("the fields as JSON", "[journal]") {
  const auto json = [](std::vector<JournalField> fields) {
    std::string out;
    append_fields_json(out, fields);
    return out;
  };
  CHECK(json({}) == "{}");
  CHECK(json({{"b", "2"}, {"_A", "1"}, {"B", ""}}) == R"({"B":"","_A":"1","b":"2"})");
  CHECK(json({{"X", "first"}, {"Y", "y"}, {"X", "last"}}) == R"({"X":"last","Y":"y"})");
  CHECK(json({{"M", "<a href=\"x\">&\n\t\\\x01\xff\xe2\x80\xa8"}}) ==
        R"({"M":"\u003ca href=\"x\"\u003e\u0026\n\t\\\u0001\ufffd\u2028"})");
}

TEST_CASE("the time in a cursor", "[journal]") {
  CHECK(time_of_cursor("s=881d;i=3;b=5d5a;m=c6660bf88;t=66135ff39c37e;x=c972") == 0x66135ff39c37e);
  CHECK(time_of_cursor("t=0") == 0);
  CHECK_FALSE(time_of_cursor(""));
  CHECK_FALSE(time_of_cursor("s=06;i=1"));
  CHECK_FALSE(time_of_cursor("t="));
  CHECK_FALSE(time_of_cursor("t=xyz;i=1"));
  CHECK_FALSE(time_of_cursor("t=12g"));
  CHECK_FALSE(time_of_cursor("t=ffffffffffffffffff"));
}

}  // namespace
}  // namespace lokitail::agent
