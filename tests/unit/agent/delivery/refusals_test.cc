#include "agent/delivery/refusals.h"

#include <catch2/catch.hpp>

#include "tests/unit/agent/delivery/make_push.h"

namespace lokitail::agent {
namespace {

using Indexes = std::vector<std::size_t>;
using test::make_push;

const std::string kApp = R"({app="a", job="j"})";
const std::string kWeb = R"({app="web"})";
// 2026-11-16T00:00:00Z
constexpr std::int64_t kCutoff = 1'794'787'200;

TEST_CASE("Loki's words tell which entries it has refused", "[delivery][refusals]") {
  const auto push = make_push({{kApp, kCutoff - 1, "old"},
                               {kApp, kCutoff, "just right"},
                               {kApp, kCutoff + 9, std::string(300, 'x')},
                               {kWeb, kCutoff - 100, "old, too"},
                               {kWeb, kCutoff + 5, std::string(200, 'y')}});
  struct Case {
    const char* name;
    std::string answer;
    Indexes refused;
  };
  const auto& [name, answer, refused] = GENERATE(values<Case>({
      {"too old, in any stream",
       "entry for stream '" + kApp +
           "' has timestamp too old: 2026-11-15T23:59:59Z, oldest "
           "acceptable timestamp is: 2026-11-16T00:00:00Z",
       {0, 3}},
      {"as Loki 3 wraps it",
       "1 errors like: entry for stream '" + kApp +
           "' has timestamp too old: "
           "2026-11-15T23:59:59Z, oldest acceptable timestamp is: 2026-11-16T00:00:00Z",
       {0, 3}},
      {"too new, that one",
       "entry for stream '" + kWeb + "' has timestamp too new: 2026-11-16T00:00:05Z",
       {4}},
      {"too long",
       "max entry size '250' bytes exceeded for stream '" + kApp +
           "' while adding an entry with length '300' bytes",
       {2}},
      {"too long, older Loki",
       "Max entry size '199' bytes exceeded for stream '" + kApp +
           "' while adding an entry with length '300' bytes",
       {2, 4}},
      {"several rules",
       "entry for stream '" + kApp +
           "' has timestamp too old: 2026-11-15T23:59:59Z, oldest "
           "acceptable timestamp is: 2026-11-16T00:00:00Z\n"
           "max entry size '250' bytes exceeded for stream '" +
           kApp + "' while adding an entry with length '300' bytes",
       {0, 2, 3}},
      {"too far behind, of that stream",
       "entry with timestamp 2026-11-15 23:58:20 +0000 UTC ignored, reason: 'entry too far behind, "
       "entry timestamp is: 2026-11-15T23:58:20Z, oldest acceptable timestamp is: "
       "2026-11-16T00:00:00Z',\nuser 'fake', total ignored: 1 out of 2 for stream: " +
           kWeb,
       {3}},
      {"too many labels: the whole stream",
       "entry for stream '" + kApp + "' has 16 label names; limit 15",
       {0, 1, 2}},
      {"a label that is too long", "stream '" + kWeb + "' has label value too long: 'aaaa'", {3, 4}},
      {"a label with the words in it",
       R"(entry for stream '{app="a' has b"}' has 16 label names; limit 15)",
       {}},
      {"nothing that is known", "something else is wrong", {}},
      {"broken off", "entry for stream '", {}},
      {"no time", "has timestamp too old: x, oldest acceptable timestamp is: yesterday", {}},
      {"nothing", "", {}},
  }));
  INFO(name);
  CHECK(find_refused(*push, answer) == refused);
}

}  // namespace
}  // namespace lokitail::agent
