#include "agent/source/heroku/heroku_drain.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

std::string framed(const std::string& message) { return std::to_string(message.size()) + " " + message; }

std::string read(const std::string& body, const HerokuReading& reading = {}) {
  ReceivedBlock block;
  const PushResult result = read_heroku_drain(body, reading, block);
  if (!result) return "refused: " + result.message;
  std::string all;
  for (const auto& group : block.groups()) {
    for (const auto& entry : group.entries) {
      for (const auto& [name, value] : group.labels) {
        all.append(name.substr(sizeof "__heroku_drain_" - 1)).append("=").append(value).append(" ");
      }
      all += "| " + (entry.time ? std::to_string(entry.time->to_unix_nanoseconds()) : std::string("now")) +
             " | ";
      all.append(entry.line).append("\n");
    }
  }
  return all;
}

TEST_CASE("what a drain of Heroku posts", "[heroku]") {
  const std::string body =
      framed("<158>1 2022-06-13T14:52:23.622778+00:00 host heroku router - at=info method=GET path=\"/\"\n") +
      framed("<190>1 2022-06-13T14:52:23.621815+00:00 host app web.1 - [GIN] | 200 |\n");
  CHECK(read(body, {.keeps_times = true}) ==
        "host=host app=heroku proc=router log_id=- | 1655131943622778000 | at=info method=GET path=\"/\"\n"
        "host=host app=app proc=web.1 log_id=- | 1655131943621815000 | [GIN] | 200 |\n");
  CHECK(read(framed("<1>1 2022-06-13T14:52:23Z h a p id text"), {.query = "env=a%2Fb+c&x&env=d"}) ==
        "host=h app=a proc=p log_id=id param_env=a/b c,d param_x= | now | text\n");
  CHECK(read("").empty());
}

TEST_CASE("what a drain of Heroku posts takes no more memory than there may be", "[heroku]") {
  // Each message has other labels than the one before, and all parameters of the query.
  std::string body;
  for (int i = 0; i < 10'000; ++i)
    body += framed(std::string("<1>1 - ") + (i % 2 == 0 ? "a" : "b") + " c d - x");
  const std::string query = "p=" + std::string(15'000, 'q');
  ReceivedBlock block;
  const PushResult result = read_heroku_drain(body, {.query = query}, block);
  CHECK(result.error == PushError::kTooLarge);
  CHECK(block.bytes() < (std::size_t{65} << 20));
}

TEST_CASE("what no drain of Heroku posts", "[heroku]") {
  CHECK_THAT(read("hello"), Catch::StartsWith("refused: expected messages that begin"));
  CHECK_THAT(read("5 <1>1"), Catch::StartsWith("refused: expected messages that begin"));
  CHECK_THAT(read("99999999999999999999 x"), Catch::StartsWith("refused: expected messages that begin"));
  CHECK_THAT(read("12"), Catch::StartsWith("refused: expected messages that begin"));
  CHECK_THAT(read(framed("no syslog at all")), Catch::StartsWith("refused: expected \"<priority>"));
  CHECK_THAT(read(framed("")), Catch::StartsWith("refused: expected \"<priority>"));
}

}  // namespace
}  // namespace lokitail::agent
