#include "pipeline/lang/maxmind_data.h"

#include <catch2/catch.hpp>

#include <string>

#include "tests/support/maxmind_db.h"

namespace lokitail::pipeline::lang {
namespace {

namespace maxmind = lokitail::test::maxmind;

std::span<const std::uint8_t> bytes_of(const std::string& section) {
  return {reinterpret_cast<const std::uint8_t*>(section.data()), section.size()};
}

std::string to_string(MaxMindValue value) {
  if (!value.present()) return "nothing";
  if (const auto text = value.text()) {
    return text->size() < 100 ? "text " + std::string(*text) : "text of " + std::to_string(text->size());
  }
  if (const auto real = value.real()) return "real " + std::to_string(*real);
  if (const auto natural = value.natural()) return "natural " + std::to_string(*natural);
  return "something";
}

TEST_CASE("values of a MaxMind DB", "[lang][maxmind]") {
  using namespace maxmind;
  const struct {
    const char* what;
    std::string section;
    std::string want;
  } rows[] = {
      {"text", text("Oslo"), "text Oslo"},
      {"no text", text(""), "text "},
      {"size in one byte", text(std::string(284, 'x')), "text of 284"},
      {"size in two bytes", text(std::string(285, 'x')), "text of 285"},
      {"size in three bytes", text(std::string(70'000, 'x')), "text of 70000"},
      {"double", real(-0.5), "real -0.500000"},
      {"float", single(2.25F), "real 2.250000"},
      {"zero", uint16(0), "natural 0"},
      {"uint16", uint16(65'535), "natural 65535"},
      {"uint32", uint32(4'294'967'295), "natural 4294967295"},
      {"uint64", uint64(18'446'744'073'709'551'615U), "natural 18446744073709551615"},
      {"int32", int32(300), "natural 300"},
      {"negative", int32(-1), "something"},
      {"128 bits", control(10, 16) + std::string(16, '\1'), "something"},
      {"bytes", control(4, 2) + "ab", "something"},
      {"boolean", boolean(true), "something"},
      {"map", map({}), "something"},
      {"pointer", pointer(2) + text("x"), "text x"},
      {"nothing at all", "", "nothing"},
      {"text that does not end", text("Oslo").substr(0, 3), "nothing"},
      {"no size", "\x5D", "nothing"},
      {"half a size", std::string("\x5E\x00", 2), "nothing"},
      {"extended type, missing", std::string(1, '\0'), "nothing"},
      {"extended type, unknown", std::string("\x00\x09", 2), "nothing"},
      {"double of four bytes", control(3, 4) + "abcd", "something"},
      {"pointer, cut", "\x28", "nothing"},
      {"pointer to nowhere", pointer(2'000), "nothing"},
      {"pointer far out", pointer(4'000'000'000), "nothing"},
      {"pointer to a pointer", pointer(2) + pointer(4) + text("x"), "nothing"},
      {"pointer to itself", pointer(0), "nothing"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    // A copy of the size that is said to be there: AddressSanitizer sees what is read behind it.
    const std::vector<std::uint8_t> section(row.section.begin(), row.section.end());
    MaxMindReader reader(section);
    CHECK(to_string(reader.at(0)) == row.want);
  }
}

TEST_CASE("pointers of all sizes", "[lang][maxmind]") {
  for (const std::size_t offset : {std::size_t{2'047}, std::size_t{2'048}, std::size_t{526'335},
                                   std::size_t{526'336}, std::size_t{134'744'064}}) {
    std::string section = maxmind::pointer(offset);
    section.resize(offset);
    section += maxmind::text("there");
    MaxMindReader reader(bytes_of(section));
    CHECK(to_string(reader.at(0)) == "text there");
  }
}

TEST_CASE("members and items", "[lang][maxmind]") {
  using namespace maxmind;
  const std::string shared = text("shared") + text("key");
  const std::string record =
      shared + map({{"nested", map({{"deep", array({text("a"), map({{"b", text("c")}})})}})},
                    {"pointed", pointer(0)},
                    {"list", array({text("first"), boolean(true), text("last")})},
                    {"empty", array({})},
                    {"flag", boolean(true)},
                    {"end", uint32(7)}});
  MaxMindReader reader(bytes_of(record));
  const auto root = reader.at(shared.size());
  CHECK(to_string(reader.member(root, "pointed")) == "text shared");
  CHECK(to_string(reader.member(root, "end")) == "natural 7");
  CHECK(to_string(reader.member(root, "other")) == "nothing");
  CHECK(to_string(reader.member(root, "deep")) == "nothing");
  CHECK(to_string(reader.last_item(reader.member(root, "list"))) == "text last");
  CHECK_FALSE(reader.last_item(reader.member(root, "empty")).present());
  CHECK_FALSE(reader.last_item(root).present());
  CHECK_FALSE(reader.last_item({}).present());
  CHECK_FALSE(reader.member({}, "end").present());
  const auto [end, other, pointed] = reader.members(root, {"end", "other", "pointed"});
  CHECK(to_string(end) == "natural 7");
  CHECK_FALSE(other.present());
  CHECK(to_string(pointed) == "text shared");
  CHECK_FALSE(reader.member(reader.member(root, "list"), "first").present());

  const std::string by_pointer = shared + control(7, 1) + pointer(7) + text("found");
  MaxMindReader keys(bytes_of(by_pointer));
  CHECK(to_string(keys.member(keys.at(shared.size()), "key")) == "text found");
}

// Each of these took a reader that trusts its input through its stack, its memory or the day.
TEST_CASE("a MaxMind DB that means harm", "[lang][maxmind]") {
  using namespace maxmind;
  std::string nest;
  for (int i = 0; i < 1'000'000; ++i) nest += control(11, 1);
  const std::string deep = map({{"nest", nest + boolean(true)}, {"city", text("x")}});
  MaxMindReader deep_reader(bytes_of(deep));
  CHECK_FALSE(deep_reader.member(deep_reader.at(0), "city").present());

  // Claims more members than the file has bytes.
  const std::string large = control(7, 16'000'000) + text("a") + control(11, 16'000'000);
  MaxMindReader large_reader(bytes_of(large));
  CHECK_FALSE(large_reader.member(large_reader.at(0), "city").present());

  // A map whose only member is the map.
  const std::string loop = control(7, 1) + text("a") + pointer(0);
  MaxMindReader loop_reader(bytes_of(loop));
  auto value = loop_reader.at(0);
  std::size_t depth = 0;
  for (; value.present(); ++depth) value = loop_reader.member(value, "a");
  CHECK(depth < MaxMindReader::kMostValues);
}

}  // namespace
}  // namespace lokitail::pipeline::lang
