#include "agent/source/syslog/syslog_message.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::agent {
namespace {

constexpr pipeline::Timestamp kNow{1'795'724'000, 0};  // 2026-11-26

struct Parsed {
  SyslogMessage message;
  pipeline::Arena arena;
};

void parse(std::string_view text, SyslogFormat format, Parsed& parsed) {
  parse_syslog(text, format, kNow, parsed.arena, parsed.message);
}

TEST_CASE("a message of RFC 5424", "[syslog]") {
  Parsed parsed;
  parse(R"(<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 99 ID47 )"
        R"([exampleSDID@32473 iut="3" eventSource="App \"x\\y\" \]"][other a="b"] An application event)",
        SyslogFormat::kRfc5424, parsed);
  const SyslogMessage& message = parsed.message;
  CHECK(message.problem == nullptr);
  CHECK(facility_word(message.facility()) == "local4");
  CHECK(severity_word(message.severity()) == "notice");
  CHECK(message.time == pipeline::Timestamp{1'065'910'455, 3'000'000});
  CHECK(message.host_name == "mymachine.example.com");
  CHECK(message.app_name == "evntslog");
  CHECK(message.proc_id == "99");
  CHECK(message.msg_id == "ID47");
  REQUIRE(message.parameters.size() == 3);
  CHECK(message.parameters[0].element == "exampleSDID@32473");
  CHECK(message.parameters[0].name == "iut");
  CHECK(message.parameters[0].value == "3");
  CHECK(message.parameters[1].value == R"(App "x\y" ])");
  CHECK(message.parameters[2].element == "other");
  CHECK(message.text == "An application event");
}

TEST_CASE("what is nil in a message of RFC 5424 is not there", "[syslog]") {
  Parsed parsed;
  parse("<0>1 - - - - - -", SyslogFormat::kRfc5424, parsed);
  CHECK(parsed.message.problem == nullptr);
  CHECK(severity_word(parsed.message.severity()) == "emergency");
  CHECK(facility_word(parsed.message.facility()) == "kern");
  CHECK_FALSE(parsed.message.time);
  CHECK(parsed.message.host_name.empty());
  CHECK_FALSE(parsed.message.text);
  parse("<0>1 - - - - - -  two spaces", SyslogFormat::kRfc5424, parsed);
  CHECK(parsed.message.text == " two spaces");
}

TEST_CASE("what comes before a fault of RFC 5424 stays", "[syslog]") {
  Parsed parsed;
  const SyslogMessage& message = parsed.message;
  for (const char* const text : {"", "x", "<", "<192>1 - ", "<1x>", "hello <13>1"}) {
    parse(text, SyslogFormat::kRfc5424, parsed);
    INFO(text);
    CHECK(message.problem != nullptr);
    CHECK_FALSE(message.priority);
    CHECK_FALSE(message.text);
  }
  parse("<13>1 not-a-time host app", SyslogFormat::kRfc5424, parsed);
  CHECK(message.problem != nullptr);
  CHECK(message.priority == 13);
  CHECK(message.host_name.empty());
  parse(R"(<13>1 - host app 1 id [x a="b)", SyslogFormat::kRfc5424, parsed);
  CHECK(message.problem != nullptr);
  CHECK(message.msg_id == "id");
  CHECK_FALSE(message.text);
}

TEST_CASE("messages of RFC 3164, as they come", "[syslog]") {
  struct Case {
    const char* text;
    std::string_view host, app, proc, message;
    std::int64_t seconds;
  };
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  for (const Case& c : {
           Case{"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "mymachine", "su", "",
                "'su root' failed", 1'791'756'855},
           Case{"<13>Nov  2 01:02:03 host app[12]: text: more", "host", "app", "12", "text: more",
                1'793'581'323},
           Case{"<13>Dec 31 23:59:59 host kernel: of last year", "host", "kernel", "", "of last year",
                1'767'225'599},
           Case{"<13>Nov 26 10:00:00 app: no host name", "", "app", "", "no host name", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host no tag at all", "host", "", "", "no tag at all", 1'795'687'200},
           Case{"<13>2026-11-26T10:00:00+00:00 host app: precise", "host", "app", "", "precise",
                1'795'687'200},
           Case{"<13>  Nov 26 10:00:00  host  app: spaces", "host", "app", "", "spaces", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host app: told length\n", "host", "app", "", "told length",
                1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host app:no space", "host", "app", "", "app:no space", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host app[1]: ", "host", "app", "1", "app[1]: ", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host app[1 2]: x", "host", "", "", "app[1 2]: x", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host app[1] x", "host", "", "", "app[1] x", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 host ", "host", "", "", "host ", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 - -: x", "", "", "", "x", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 \u00e9 a: x", "", "", "", "\u00e9 a: x", 1'795'687'200},
           Case{"<13>Nov 26 10:00:00 [x] y", "[x]", "", "", "y", 1'795'687'200},
       }) {
    Parsed parsed;
    parse(c.text, SyslogFormat::kRfc3164, parsed);
    INFO(c.text);
    CHECK(parsed.message.problem == nullptr);
    CHECK(parsed.message.host_name == c.host);
    CHECK(parsed.message.app_name == c.app);
    CHECK(parsed.message.proc_id == c.proc);
    CHECK(parsed.message.text == c.message);
    REQUIRE(parsed.message.time);
    CHECK(parsed.message.time->seconds == c.seconds);
  }
}

TEST_CASE("a message of RFC 3164 without a time keeps its text", "[syslog]") {
  Parsed parsed;
  parse("<13>app: hello", SyslogFormat::kRfc3164, parsed);
  CHECK(parsed.message.problem != nullptr);
  CHECK(parsed.message.app_name == "app");
  CHECK(parsed.message.text == "hello");
}

TEST_CASE("any beginning of a message is borne with", "[syslog]") {
  const std::string full =
      R"(<165>1 2003-10-11T22:14:15.003Z host app 99 ID47 [a@1 b="c\"d"] Nov  2 01:02:03 app[1]: x)";
  for (const auto format : {SyslogFormat::kRfc5424, SyslogFormat::kRfc3164}) {
    for (std::size_t size = 0; size <= full.size(); ++size) {
      Parsed parsed;
      const std::string text = full.substr(0, size);
      parse(text, format, parsed);
      CHECK((parsed.message.priority.has_value() || parsed.message.problem != nullptr));
    }
  }
}

}  // namespace
}  // namespace lokitail::agent
