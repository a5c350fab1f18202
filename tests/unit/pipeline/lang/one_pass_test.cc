// What the one-pass matcher takes, and that it then agrees with RE2. tests/fuzz/one_pass_fuzz.cc
// compares the two on patterns that nobody has thought of.
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "pipeline/lang/one_pass.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::lang {
namespace {

// Without names of groups, which are the Regex's to know.
std::string unnamed(std::string pattern) {
  for (const std::string_view open : {"(?P<", "(?<"}) {
    for (std::size_t at = 0; (at = pattern.find(open, at)) != std::string::npos; ++at) {
      pattern.erase(at + 1, pattern.find('>', at) - at);
    }
  }
  return pattern;
}

std::string utf8(char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), tail(6), tail(0)};
  return {byte(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

// A pattern, for RE2, the one-pass matcher and Regex.
class Rivals {
 public:
  explicit Rivals(const std::string& pattern, bool whole = false)
      : whole_(whole),
        re2_(unnamed(pattern), RE2::Quiet),
        one_pass_(OnePass::compile(unnamed(pattern),
                                   whole ? OnePass::Anchoring::kWhole : OnePass::Anchoring::kBegin)),
        regex_(pattern) {
    REQUIRE(re2_.ok());
  }

  bool one_pass() const { return one_pass_ != nullptr; }

  // Whether it matches. Checks that all agree, in each group that there is, and in one that is not.
  bool match(std::string_view text) const {
    const auto count = static_cast<std::size_t>(re2_.NumberOfCapturingGroups()) + 2;
    std::vector<re2::StringPiece> want(count);
    const bool matches =
        re2_.Match({text.data(), text.size()}, 0, text.size(), whole_ ? RE2::ANCHOR_BOTH : RE2::UNANCHORED,
                   want.data(), static_cast<int>(count));
    std::vector<std::string_view> got(count);
    bool agree = one_pass_->match(text, {}) == matches && one_pass_->match(text, got) == matches &&
                 (!matches || same(got, want));
    if (!whole_) {
      agree = agree && regex_.match(text, got) == matches && (!matches || same(got, want));
    }
    // Only now, since there are millions of texts.
    if (!agree) FAIL_CHECK("pattern: " << re2_.pattern() << "\ntext: " << text);
    return matches;
  }

 private:
  static bool same(const std::vector<std::string_view>& got, const std::vector<re2::StringPiece>& want) {
    return std::ranges::equal(got, want, [](std::string_view a, const re2::StringPiece& b) {
      return a.data() == b.data() && a.size() == b.size();
    });
  }

  bool whole_;
  re2::RE2 re2_;
  std::unique_ptr<const OnePass> one_pass_;
  Regex regex_;
};

TEST_CASE("one pass: patterns as people write them", "[one_pass]") {
  const struct {
    const char* what;
    std::string pattern;
    std::string line;
  } rows[] = {
      {"nginx",
       R"re(^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" )re"
       R"re((?P<status>\d+) (?P<bytes>\d+) "(?P<referer>[^"]*)")re",
       R"(172.17.0.1 - frank [07/Nov/2025:10:00:00 +0000] "GET /cart?id=7 HTTP/1.1" 200 512 "http://shop/" "curl/8")"},
      {"nginx, combined, optional values",
       R"re(^(?P<ip>[\w.:]+) - (?P<user>[^ ]*) \[(?P<time>[^\]]*)\] "(?P<method>[A-Z]*) (?P<path>[^ "]*) )re"
       R"re((?P<protocol>[^ "]*)" (?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?P<referer>[^"]*)" "(?P<agent>[^"]*)")?)re",
       R"re(2001:db8::1 - - [07/Nov/2025:10:00:00 +0000] "POST /größe HTTP/2.0" 404 - "-" "Mozilla/5.0 (X11; 日本語)")re"},
      {"nginx, errors",
       R"re(^(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>\w+)\] (?P<pid>\d+)#(?P<tid>\d+): (?P<message>.*)$)re",
       "2025/11/07 10:00:00 [error] 31#31: *7 open() \"/x\" failed (2: No such file or directory)"},
      {"Apache",
       R"re(^(?P<host>[^ ]*) [^ ]* (?P<user>[^ ]*) \[(?P<time>[^\]]*)\] "(?P<method>[^ "]+)(?: +(?P<path>[^ "]+)(?: +[^ "]*)?)?" )re"
       R"re((?P<code>[^ ]*) (?P<size>[^ ]*))re",
       R"(10.0.0.7 - - [07/Nov/2025:10:00:00 +0100] "GET / HTTP/1.0" 200 777)"},
      {"klog",
       R"re(^(?P<severity>[IWEF])(?P<time>\d{4} \d{2}:\d{2}:\d{2}\.\d+)\s+(?P<pid>\d+) (?P<file>[^:]+):(?P<line>\d+)\] (?P<msg>.*))re",
       "W1107 10:00:00.123456       1 reflector.go:539] watch of *v1.Pod ended: too old"},
      {"CRI, from Promtail's documentation",
       R"re(^(?s)(?P<time>\S+?) (?P<stream>stdout|stderr) (?P<flags>\S+?) (?P<content>.*)$)re",
       "2019-01-01T01:00:00.000000001Z stderr P some log message"},
      {"Promtail's documentation, a source", R"re(^(?P<year>\d+))re", "2022-01-01T01:00:00.000000001Z"},
      {"Promtail's documentation, multiline", R"re(^\[\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}:\d{2}\])re",
       "[2020-12-03 11:36:23] \"GET /hello HTTP/1.1\" 200 -"},
      {"Promtail's documentation, a zero-width space", R"re(^\x{200B}\[)re", "\u200B[2020-12-03 11:36:20]"},
      {"log4j",
       R"re(^(?P<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}) \[(?P<thread>[^\]]+)\] (?P<level>[A-Z]+)\s+(?P<logger>[\w.$]+) - (?P<msg>.*)$)re",
       "2025-11-07 10:00:00,123 [http-nio-1] WARN  org.shop.Cart$1 - is empty"},
      {"log4j, levels by name",
       R"re(^(?P<time>\S+ \S+) (?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL) +\[(?P<thread>[^\]]*)\]$)re",
       "2025-11-07 10:00:00 WARNING [main]"},
      {"syslog, RFC 3164",
       R"re(^<(?P<pri>\d+)>(?P<time>\w{3} +\d{1,2} \d{2}:\d{2}:\d{2}) (?P<host>\S+) (?P<program>[^\[:\s]+)(?:\[(?P<pid>\d+)\])?: (?P<msg>.*)$)re",
       "<38>Nov  7 10:00:00 gate sshd[77]: Accepted publickey for anna"},
      {"syslog, RFC 5424",
       R"re(^<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<id>\S+) (?P<data>-|\[[^\]]*\])(?: (?P<msg>.*))?$)re",
       "<165>1 2025-11-07T10:00:00Z gate app 7 ID47 [a@1 b=\"c\"] An event"},
      {"docker compose", R"re(^(?P<container>\S+)\s+\| (?P<msg>.*)$)re", "web-1   | ready"},
      {"dockerd",
       R"re(^time="(?P<time>[^"]+)" level=(?P<level>\w+) msg="(?P<msg>(?:[^"\\]|\\.)*)"(?: (?P<rest>.*))?$)re",
       R"(time="2025-11-07T10:00:00Z" level=info msg="a \"quoted\" word" id=7)"},
      {"PostgreSQL",
       R"re(^(?P<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3} \w+) \[(?P<pid>\d+)\] (?P<user>[^@ ]*)@(?P<db>\S*) (?P<level>[A-Z]+):\s+(?P<msg>.*)$)re",
       "2025-11-07 10:00:00.000 UTC [71] shop@orders ERROR:  relation \"x\" does not exist"},
      {"Redis",
       R"re(^(?P<pid>\d+):(?P<role>[XCSM]) (?P<time>\d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2}\.\d{3}) (?P<level>[.\-*#]) (?P<msg>.*)$)re",
       "1:M 07 Nov 2025 10:00:00.000 * Ready to accept connections"},
      {"HAProxy",
       R"re(^(?P<client>[\d.]+):(?P<port>\d+) \[(?P<time>[^\]]+)\] (?P<frontend>\S+) (?P<backend>[^/]+)/(?P<server>\S+) (?P<timers>[-+\d/]+) (?P<status>\d{3}) (?P<bytes>\d+))re",
       "10.0.1.2:33317 [06/Feb/2025:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - -"},
      {"Python",
       R"re(^(?P<time>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3}) - (?P<logger>[^ ]+) - (?P<level>DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL) - (?P<msg>.*))re",
       "2025-11-07 10:00:00,000 - shop.cart - WARNING - is empty"},
      {"zap's console",
       R"re(^(?P<time>[^\t]+)\t(?P<level>\w+)\t(?P<caller>[^\t]+)\t(?P<msg>[^\t]*)(?:\t(?P<fields>\{.*\}))?$)re",
       "2025-11-07T10:00:00Z\tinfo\tcart/cart.go:7\tis empty\t{\"id\": {\"a\": 1}}"},
      {"etcd's old format",
       R"re(^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) (?P<level>[A-Z]) \| (?P<package>[\w/]+): (?P<msg>.*)$)re",
       "2025-11-07 10:00:00.000001 I | etcdserver/api: enabled"},
      {"Go's standard log",
       R"re(^(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?:(?P<file>[\w.]+\.go):(?P<line>\d+): )(?P<msg>.*)$)re",
       "2025/11/07 10:00:00 main.go:7: started"},
      {"levels of either case",
       R"re(^(?i)\[(?P<level>trace|debug|info|warn(?:ing)?|error|fatal)\] (?P<msg>.*))re",
       "[Warning] tasks are skipped"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const Rivals rivals(row.pattern);
    REQUIRE(rivals.one_pass());
    CHECK(rivals.match(row.line));
    // Broken in each place: cut off, a character less, another one.
    for (std::size_t at = 0; at < row.line.size(); ++at) {
      if ((row.line[at] & 0x80) != 0) continue;
      rivals.match(std::string_view(row.line).substr(0, at));
      rivals.match(row.line.substr(0, at) + row.line.substr(at + 1));
      for (const std::string_view other : {" ", "\"", "]", "7", "x", "\n", "é", "日"}) {
        rivals.match(row.line.substr(0, at) + std::string(other) + row.line.substr(at + 1));
        rivals.match(row.line.substr(0, at) + std::string(other) + row.line.substr(at));
      }
    }
  }
}

TEST_CASE("one pass: small patterns, all small texts", "[one_pass]") {
  const std::string patterns[] = {
      // Groups: empty, optional, nested, repeated.
      "^()a",
      "^(a)?b",
      "^(a?)(b)?",
      "^((a)(b)?)c",
      "^(?:(a)|(b))*",
      "^(?:(a)|(b)|c)+$",
      "^((a)|b)+",
      "^(a|(b))*(c)?",
      "^(?:(a)(b)?)*$",
      "^(a){2}",
      "^(a){1,2}(b)",
      "^(a){0}b",
      "^(a){2,}b",
      "^(?:(a)b){0,2}c",
      "^(a)(?:(b)c)?",
      "^(a(b(c)?)?)?",
      "^(|a)b",
      "^(a|)b",
      "^(a|b|)$",
      "^(a*)?b",
      "^(a?)?b",
      "^(|b)?",
      "^(?:|(a))?b",
      "^(((())))",
      "^(a?\?)b",
      "^(a?\?)(b?\?)$",
      "^(a*)(b*)(c*)$",
      // Greedy and lazy, and what is worse than a match.
      "^a*",
      "^a*?",
      "^a+?",
      "^(a+?)b",
      "^(a*?)b",
      "^a?\?",
      "^(a{1,2}?)",
      "^a{2,}?",
      "^(?:a|ab)(c)?",
      "^(?:ab|a)(b)?",
      "^a|^ab",
      "^(?:a|ab|abc)$",
      "^(?:a*|b)c",
      "^(a|b)?\?c",
      "^(.)*",
      "^(.)*?$",
      "^a(?:b(?:c)?)?",
      "^(?:a(b)?){2}",
      // Ways that meet.
      "^(a|aa)$",
      "^(ab|ac)",
      "^(abc|abb|ab)a?",
      "^a*(a)?b",
      "^(?:ab?|abc)$",
      "^b+(.*)",
      "^b+(.*)$",
      "^a+(a)?",
      "^(?:a|b)*(b)?$",
      "^.*b$",
      "^.*",
      "^(.*)$",
      "^(?s)(.*)$",
      // Edges of the text.
      "^",
      "^$",
      "^a$",
      "^^a$$",
      "^a$b",
      "^(a$|b)",
      "^(?:a$|a(b))",
      "\\Aa\\z",
      "^(?:a|$)",
      "^(?:$|a)",
      "^(?:^a)(?:^b)?",
      "^a(?:$|b$|bc)",
      "^(a|$|b)",
      "(^a)(b)?",
      "^(?:^|b)a",
      // Classes and characters.
      "^[ab]+(c)",
      "^[^a]",
      "^[^a]+$",
      "^[^ab]*(a)",
      "^[^a]{2}b?",
      "^([^é])(a)?",
      "^[é-ü]+(a)?",
      "^é(a)?",
      "^(é|a)+",
      "^(.)é",
      "^..$",
      "^.{2}",
      "^\\W+(\\w)?",
      "^[^a]+?",
      "^(?:[^a]+)+?",
      "^[^b]+[^a]+$",
      "^\\x{e9}",
      "^\\xe9",
      "^[\\x{e9}b]",
  };
  const std::string letters[] = {"a", "b", "c", "é", "\n"};
  std::vector<std::string> texts = {""};
  constexpr std::size_t kLongest = 5;
  for (std::size_t begin = 0, length = 0; length < kLongest; ++length) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const std::string& letter : letters) texts.push_back(texts[begin] + letter);
    }
  }
  for (const std::string& pattern : patterns) {
    INFO(pattern);
    const Rivals rivals(pattern);
    const Rivals whole("^(?s:" + pattern + ")$", true);
    CHECK(rivals.one_pass());
    for (const std::string& text : texts) {
      if (rivals.one_pass()) rivals.match(text);
      if (whole.one_pass()) whole.match(text);
    }
  }
}

TEST_CASE("one pass: a class is the class of RE2", "[one_pass]") {
  const std::string classes[] = {
      ".",
      "(?s:.)",
      "\\d",
      "\\D",
      "\\s",
      "\\S",
      "\\w",
      "\\W",
      "[[:alnum:]]",
      "[[:alpha:]]",
      "[[:ascii:]]",
      "[[:blank:]]",
      "[[:cntrl:]]",
      "[[:digit:]]",
      "[[:graph:]]",
      "[[:lower:]]",
      "[[:print:]]",
      "[[:punct:]]",
      "[[:space:]]",
      "[[:upper:]]",
      "[[:word:]]",
      "[[:xdigit:]]",
      "[[:^alpha:]x]",
      "[^[:^space:]]",
      "[]a]",
      "[^]a]",
      "[a-]",
      "[-a]",
      "[a-c-e]",
      "[\\w-.]",
      "[+--]",
      "[\\]\\[^]",
      "[\\d\\s]",
      "[^\\d\\S]",
      "[\\x00-\\x{7FF}]",
      "[\\x{700}-\\x{20000}]",
      "[^\\x{80}-\\x{10FFFF}]",
      "[\\x{10000}-\\x{10FFFF}]",
      "[日本-語]",
      "[^日]",
      "\\.",
      "\\-",
      "\\/",
      "\\\"",
      "\\a",
      "\\f",
      "\\n",
      "\\r",
      "\\t",
      "\\v",
      "\\x7f",
      "{",
      "}",
      "]",
      "{,2}",
      "{a}",
      "(?i)k",
      "(?i)S",
      "(?i)[a-z]",
      "(?i)[^k]",
      "(?i)\\w",
      "(?i)\\W",
      "(?i)[\\Ws]",
      "(?i)[[:lower:]]",
      "(?i)[[:^upper:]]",
      "(?i)x(?-i)y",
      "(?i:a)b",
      "(?i)[^[:^lower:]]",
  };
  std::vector<std::string> texts;
  for (char32_t code = 0; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 0x3F) {
    if (code < 0xD800 || code > 0xDFFF) texts.push_back(utf8(code));
  }
  for (const char32_t code : {U'\uD7FF', U'\uE000', U'\uFFFF', U'\U00010000', U'\U0010FFFF', U'日'}) {
    texts.push_back(utf8(code));
  }
  for (const std::string& one : classes) {
    INFO(one);
    const RE2 expected("^(?:" + one + ")$", RE2::Quiet);
    REQUIRE(expected.ok());
    const auto matcher = OnePass::compile("^(?:" + one + ")$");
    REQUIRE(matcher);
    std::vector<std::string> wrong;
    for (const std::string& text : texts) {
      const bool want = RE2::PartialMatch(text, expected);
      if (matcher->match(text, {}) != want) wrong.push_back(text);
    }
    CHECK(wrong.empty());
  }
}

TEST_CASE("one pass: runs of every length, at every place", "[one_pass]") {
  // Runs are skipped sixteen bytes at a time, and bytewise near the end.
  const std::string patterns[] = {R"re(^([^"]*)"(\d*))re", R"(^(\S+)\s+(\S+)?)", R"(^(\w+)-(.*)$)",
                                  R"(^([[:alpha:][:punct:]é]*)(\d)?)"};
  const std::string pieces[] = {"a", "7", "é", "日", "😀", "_"};
  for (const std::string& pattern : patterns) {
    const Rivals rivals(pattern);
    REQUIRE(rivals.one_pass());
    for (const std::string& piece : pieces) {
      std::string run;
      for (int length = 0; length < 40; ++length, run += piece) {
        for (const std::string end : {"", "\"", " ", "-", "\n", "7", "\"77777777777777777777x"}) {
          rivals.match(run + end);
          rivals.match(run + end + run);
          rivals.match("a" + run + end + run + end);
        }
      }
    }
  }
}

TEST_CASE("one pass: what is left to RE2", "[one_pass]") {
  const struct {
    const char* what;
    std::string pattern;
  } rows[] = {
      {"may begin anywhere", "a"},
      {"may begin anywhere, by one choice", "^a|b"},
      {"may begin anywhere, empty", "(?:^a)?"},
      {"where the group ends shows later", "^(.*) (x)"},
      {"where the group ends shows later", "^(a|ab)(c|bcd)?$"},
      {"where the group ends shows later, if at all", "^([^a]+?)(b)?$"},
      {"where the group begins shows later", "^a*(a+)b"},
      {"which group it is shows later", "^(?:(ab)|(ac))"},
      {"which group it is shows at the end", "^(?:(a)$|a(b)$)"},
      {"an empty text over and over", "^(?:a*)*"},
      {"an empty text over and over", "^(a|){2}"},
      {"Unicode's classes", "^\\pL"},
      {"words", "^\\ba"},
      {"lines", "(?m)^a"},
      {"the flag U", "^(?U)a+"},
      {"quoted", "^\\Qa\\E"},
      {"other letters of either case", "^(?i)é"},
      {"octal", "^\\07"},
      {"more groups than there are tags", "^" +
                                              [] {
                                                std::string groups;
                                                for (int i = 0; i < 33; ++i) groups += "(a)";
                                                return groups;
                                              }()},
      {"too many states", "^(?:[a-c]*a[a-c]{1000})"},
      {"a deep one", "^" + std::string(200, '(') + "a" + std::string(200, ')')},
  };
  for (const auto& row : rows) {
    INFO(row.what << ": " << row.pattern);
    REQUIRE(RE2(row.pattern, RE2::Quiet).ok());
    CHECK_FALSE(OnePass::compile(row.pattern));
  }
  CHECK(OnePass::compile("a", OnePass::Anchoring::kWhole));
}

TEST_CASE("one pass: groups are filled as far as they are asked for", "[one_pass]") {
  const auto matcher = OnePass::compile("^(a)(b)?(c)");
  REQUIRE(matcher);
  std::vector<std::string_view> groups(5, "old");
  CHECK_FALSE(matcher->match("ab", groups));
  CHECK(groups[0] == "old");
  REQUIRE(matcher->match("acd", groups));
  CHECK(groups[0] == "ac");
  CHECK(groups[1] == "a");
  CHECK(groups[2].data() == nullptr);
  CHECK(groups[3] == "c");
  CHECK(groups[4].data() == nullptr);
  std::vector<std::string_view> fewer(2);
  REQUIRE(matcher->match("abc", fewer));
  CHECK(fewer[0] == "abc");
  CHECK(fewer[1] == "a");
}

TEST_CASE("one pass: text that is no UTF-8, from any place, as a regular expression", "[one_pass]") {
  // Five groups: RE2's own one-pass matcher would take four.
  const Regex regex(R"re(^(\S)(\S*) ([^"]+)"(é)?(.*)$)re");
  const std::string_view odd = "\xFF\xC3 a\xE2\x82\"é\xFE";
  std::vector<std::string_view> groups(6);
  REQUIRE(regex.match(odd, groups));
  CHECK(groups[0].data() == odd.data());
  CHECK(groups[0] == odd);
  CHECK(groups[1] == "\xFF");
  CHECK(groups[2] == "\xC3");
  CHECK(groups[3] == "a\xE2\x82");
  CHECK(groups[4] == "é");
  CHECK(groups[5] == "\xFE");
  CHECK_FALSE(regex.match_from(odd, 1, groups));
  CHECK_FALSE(regex.match("\xFF\xFF", groups));

  const Regex whole("(a*)(b)?", Regex::Anchoring::kWhole);
  REQUIRE(whole.match("aab", groups));
  CHECK(groups[1] == "aa");
  CHECK_FALSE(whole.matches("aabc"));
  CHECK_FALSE(whole.match_from(std::string_view("aab"), 1, groups));
}

}  // namespace
}  // namespace lokitail::pipeline::lang
