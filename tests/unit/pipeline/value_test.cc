#include "pipeline/value.h"

#include <catch2/catch.hpp>

#include <charconv>
#include <random>
#include <string>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::test {
namespace {

double parse(const std::string& text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What becomes of a number that was written like this; and whether its spelling was taken for it.
std::pair<std::string, bool> print(const std::string& spelling) {
  Arena arena;
  const auto text = Value::number(parse(spelling), spelling).to_text(arena);
  return {std::string(*text), text->data() == spelling.data()};
}

std::string print_without_spelling(const std::string& spelling) {
  Arena arena;
  return std::string(*Value::number(parse(spelling)).to_text(arena));
}

TEST_CASE("numbers become text as they were spelled where that is their shortest form", "[value]") {
  const struct {
    std::string spelling;
    std::string text;
    bool taken;
  } rows[] = {
      {"0", "0", true},
      {"-0", "-0", true},
      {"7", "7", true},
      {"-12.25", "-12.25", true},
      {"1500", "1500", true},
      {"0.001", "0.001", true},
      {"1762516800.123456", "1762516800.123456", true},
      {"4503599627370495", "4503599627370495", true},  // 2^52 - 1
      {"4503599627370496", "4503599627370496", false},
      {"12345678901234567890", "12345678901234567000", false},
      {"0.1234567890123456789", "0.12345678901234568", false},
      {"1.0", "1", false},
      {"1.50", "1.5", false},
      {"-0.0", "-0", false},
      {"1e3", "1000", false},
      {"1E-2", "0.01", false},
      {"123456789012345678901234567890", "123456789012345680000000000000", false},
  };
  for (const auto& row : rows) {
    INFO(row.spelling);
    CHECK(print(row.spelling) == std::pair(row.text, row.taken));
    CHECK(print_without_spelling(row.spelling) == row.text);
  }
}

TEST_CASE("a spelling that is taken is what would be written without it", "[value]") {
  std::mt19937_64 random(1);
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  for (int i = 0; i < 20'000; ++i) {
    std::string spelling = below(4) == 0 ? "-" : "";
    spelling += std::to_string(random() >> below(64));
    if (below(3) != 0) {
      spelling += '.';
      spelling.append(below(4), '0');
      spelling += std::to_string(random() >> below(64));
    }
    INFO(spelling);
    REQUIRE(print(spelling).first == print_without_spelling(spelling));
  }
}

TEST_CASE("a number outlives the line that it came from", "[value]") {
  const auto entries =
      run_pipeline("- json: {expressions: {ts: }}\n- multiline: {firstline: ts}\n- labels: {ts: }",
                   {R"({"ts":1762516800.123456})", "more"}, {});
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].labels == TextMap{{"ts", "1762516800.123456"}});
}

}  // namespace
}  // namespace lokitail::pipeline::test
