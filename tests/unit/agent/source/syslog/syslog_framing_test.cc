#include "agent/source/syslog/syslog_framing.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace lokitail::agent {
namespace {

struct Reader {
  explicit Reader(std::size_t most = 100) : framing(most) {}

  bool take(std::string_view bytes) {
    return framing.take(bytes, [this](std::string_view message, bool was_cut) {
      messages.emplace_back(message);
      cut += was_cut ? 1 : 0;
    });
  }
  bool end() {
    return framing.end([this](std::string_view message, bool) { messages.emplace_back(message); });
  }

  SyslogFraming framing;
  std::vector<std::string> messages;
  int cut = 0;
};

using Messages = std::vector<std::string>;

TEST_CASE("both ways of framing, torn at every byte", "[syslog]") {
  for (const std::string text : {"<1>one\n<2>two\n\n<3>three\n", "6 <1>one6 <2>two\n8 <3>three"}) {
    for (std::size_t tear = 0; tear <= text.size(); ++tear) {
      Reader reader;
      INFO(text << " torn at " << tear);
      CHECK(reader.take(std::string_view(text).substr(0, tear)));
      CHECK(reader.take(std::string_view(text).substr(tear)));
      CHECK(reader.end());
      CHECK(reader.messages == Messages{"<1>one", "<2>two", "<3>three"});
    }
  }
}

TEST_CASE("lines that begin in another way go on with the message before them", "[syslog]") {
  Reader lines;
  CHECK(lines.take("<1>one\n  at a\n  at b\n<2>two\n\n\n<3>three\n  at"));
  CHECK(lines.messages == Messages{"<1>one\n  at a\n  at b", "<2>two"});
  CHECK(lines.take(" c\n"));
  CHECK(lines.messages.back() == "<3>three\n  at c");
  CHECK(lines.take("<4>four\nfive"));
  CHECK(lines.end());
  CHECK(lines.messages.back() == "<4>four\nfive");
}

TEST_CASE("what is no frame ends it", "[syslog]") {
  CHECK_FALSE(Reader().take("hello"));
  CHECK_FALSE(Reader().take(" <1>"));
  CHECK_FALSE(Reader().take("0 x"));
  CHECK_FALSE(Reader().take("12x<1>"));
  CHECK_FALSE(Reader().take("1234567890 x"));
  Reader reader;
  CHECK(reader.take("3 <1>"));
  CHECK_FALSE(reader.take("x"));
}

TEST_CASE("a message that is too long is cut, and the next one is whole", "[syslog]") {
  for (const bool torn : {false, true}) {
    Reader counted(10);
    const std::string text = "20 <1>4567890123456789012 <2>456789012";
    CHECK(counted.take(torn ? text.substr(0, 15) : text));
    if (torn) CHECK(counted.take(text.substr(15)));
    CHECK(counted.messages == Messages{"<1>4567890", "<2>4567890"});
    CHECK(counted.cut == 2);
    Reader lines(10);
    CHECK(lines.take("<1>45678901234567\n<2>45678\n"));
    CHECK(lines.messages == Messages{"<1>4567890", "<2>45678"});
    CHECK(lines.cut == 1);
  }
}

TEST_CASE("an end in the midst of a message", "[syslog]") {
  Reader lines;
  CHECK(lines.take("<1>one\n<2>tw"));
  CHECK(lines.end());
  CHECK(lines.messages == Messages{"<1>one", "<2>tw"});
  Reader counted;
  CHECK(counted.take("6 <1>o"));
  CHECK_FALSE(counted.end());
  CHECK(counted.messages.empty());
}

}  // namespace
}  // namespace lokitail::agent
