// The verifier itself: a check that cannot fail would make all other tests worthless.
#include "tests/support/scene.h"

using namespace lokitail::test;

namespace {

struct Written {
  TempDir directory;
  LogWriter log{"a", directory / "a.log"};
  std::vector<Arrival> arrivals;

  Written() {
    log.write(3);
    for (std::uint64_t number = 0; number < 3; ++number) {
      arrivals.push_back({"", "{}", static_cast<std::int64_t>(number), log.line(number)});
    }
  }
  Verdict verdict() const { return verify(arrivals, {&log}); }
};

}  // namespace

TEST_CASE("the verifier accepts what is right") {
  Written written;
  CHECK(written.verdict().complete);
  CHECK(written.verdict().problems == "");
  CHECK(written.verdict().lines == 3);
  SECTION("and identical duplicates, also of several lines again in their order") {
    const std::vector<Arrival> again(written.arrivals.begin() + 1, written.arrivals.end());
    written.arrivals.insert(written.arrivals.end(), again.begin(), again.end());
    CHECK(written.verdict().problems == "");
    CHECK(written.verdict().duplicates == 2);
  }
}

TEST_CASE("the verifier notices what is wrong") {
  Written written;
  SECTION("the last line is lost") {
    written.arrivals.pop_back();
    CHECK_FALSE(written.verdict().complete);
    return;
  }
  SECTION("a line in the middle is lost") { written.arrivals.erase(written.arrivals.begin() + 1); }
  SECTION("lines in the wrong order") { std::swap(written.arrivals[0], written.arrivals[1]); }
  SECTION("a changed line") { written.arrivals[1].line.pop_back(); }
  SECTION("a line of nobody") { written.arrivals.push_back({"", "{}", 9, "b 0 "}); }
  SECTION("a line that is not one of ours") { written.arrivals.push_back({"", "{}", 9, ""}); }
  SECTION("a duplicate with another timestamp") {
    written.arrivals.push_back(written.arrivals[0]);
    written.arrivals.back().timestamp = 77;
  }
  CHECK(written.verdict().problems != "");
}
