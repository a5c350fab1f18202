#include "agent/source/journal/journal_progress.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

TEST_CASE("only what is settled from the beginning on counts", "[journal]") {
  JournalProgress progress;
  const auto a = progress.add("a");
  const auto b = progress.add("b");
  const auto c = progress.add("c");
  CHECK_FALSE(progress.settle(b));
  CHECK(progress.settle(a) == "b");
  const auto d = progress.add("d");
  CHECK_FALSE(progress.settle(d));
  CHECK_FALSE(progress.all_settled());
  CHECK(progress.settle(c) == "d");
  CHECK(progress.all_settled());
  CHECK(progress.settle(progress.add("e")) == "e");
}

TEST_CASE("a block without a cursor waits for the next one", "[journal]") {
  JournalProgress progress;
  const auto a = progress.add("a");
  const auto none = progress.add("");
  CHECK(progress.settle(a) == "a");
  CHECK_FALSE(progress.settle(none));
  CHECK(progress.settle(progress.add("b")) == "b");
}

}  // namespace
}  // namespace lokitail::agent
