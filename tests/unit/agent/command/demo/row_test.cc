#include "agent/command/demo/row.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::demo {
namespace {

TEST_CASE("a row is as wide as it may be, whatever a character takes") {
  CHECK(Row(5, false).add("abc").add("defg").take() == "abcde");
  CHECK(Row(3, false).add("▁▂▃▄").take() == "▁▂▃");
  CHECK(Row(9, false).column("ab", 4).column("longer", 3).add("c").take() == "ab  lonc");
  CHECK(Row(4).add("ab", Colour::kRed).add("cdef", Colour::kDim).add("g", Colour::kRed).take() ==
        "\x1b[31mab\x1b[0m\x1b[2mcd\x1b[0m");
}

TEST_CASE("what is shown does not command the terminal") {
  CHECK(Row(9, false).add("a\x1b[2Jb\r\n\x7f").take() == "a [2Jb   ");
  CHECK(Row(9, false)
            .add("a\xC2\x9B"
                 "2J")
            .take() == "a 2J");
  CHECK(Row(9, false)
            .add("\xC2\xA3"
                 "5")
            .take() ==
        "\xC2\xA3"
        "5");
}

}  // namespace
}  // namespace lokitail::agent::demo
