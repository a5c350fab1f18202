#include "config/value.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "config/scalar.h"

namespace lokitail::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

Node node(const std::string& text) { return Node::parse(text, "f"); }

std::string error_of(const std::function<void(const Node&)>& read, const std::string& text) {
  try {
    read(node(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("strict readers") {
  CHECK(read_text(node("007")) == "007");
  CHECK(read_text(node("yes")) == "yes");
  CHECK(read_text(node("")).empty());
  CHECK(read_string(node("'12'")) == "12");
  CHECK(read_bool(node("on")));
  CHECK_FALSE(read_bool(node("No")));
  CHECK(read_int(node("0x10")) == 16);
  CHECK(read_int(node("010")) == 8);
  CHECK(read_int(node("-1_000")) == -1000);
  CHECK(read_int(node("1e6")) == 1'000'000);
  CHECK(read_int(node("1.9")) == 1);
  CHECK(read_int(node("-1.9")) == -1);
  CHECK(read_float(node("0.5")) == 0.5);
  CHECK(read_float(node("3")) == 3);
  CHECK(std::isinf(read_float(node(".inf"))));
}

TEST_CASE("strict readers say what they expected and what stands there") {
  const struct {
    const char* what;
    std::function<void(const Node&)> read;
    const char* text;
    const char* want;
  } rows[] = {
      {"list as text", read_text, "[a]", "f:1:1: expected a string, found a list"},
      {"number as string", read_string, "12", "f:1:1: expected a string, found \"12\""},
      {"boolean as string", read_string, "no", "f:1:1: expected a string, found \"no\""},
      {"string as boolean", read_bool, "'true'", "f:1:1: expected true or false, found \"true\""},
      {"number as boolean", read_bool, "1", "f:1:1: expected true or false, found \"1\""},
      {"string as number", read_int, "'12'", "f:1:1: expected a whole number, found \"12\""},
      {"null as number", read_int, "~", "f:1:1: expected a whole number, found null"},
      {"number too large", read_int, "9223372036854775808",
       "f:1:1: the number 9223372036854775808 is too large"},
      {"number much too large", read_int, "1e300", "f:1:1: expected a whole number, found \"1e300\""},
      {"infinity", read_int, ".inf", "f:1:1: expected a whole number, found \".inf\""},
      {"not a number", read_int, ".nan", "f:1:1: expected a whole number, found \".nan\""},
      {"string as float", read_float, "x", "f:1:1: expected a number, found \"x\""},
      {"days", read_duration, "1d",
       "f:1:1: expected a duration such as 1.5s or 2h45m (units: ns us ms s m h), found \"1d\""},
      {"boolean as duration", read_duration, "yes",
       "f:1:1: expected a duration such as 1.5s or 2h45m, found \"yes\""},
      {"number as duration string", read_duration_string, "5",
       "f:1:1: expected a duration such as 1.5s or 2h45m (units: ns us ms s m h), found \"5\""},
      {"size with a fraction", read_bytes, "1.5kb",
       "f:1:1: expected a size such as 65536, 256KB or 1MB, found \"1.5kb\""},
      {"labels as a list", read_label_map, "[a]", "f:1:1: expected a mapping of labels, found a list"},
      {"label of a list", read_label_map, "a: [1]", "f:1:4: expected a string, found a list"},
      {"label without a name", read_label_map, "'': 1", "f:1:1: \"\" is not a valid label name"},
      {"a string for a list", read_text_list, "a", "f:1:1: expected a list of strings, found \"a\""},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(error_of(row.read, row.text) == row.want);
  }
  const std::string long_text(200, 'x');
  CHECK(error_of(read_bool, long_text) == "f:1:1: expected true or false, found a long string");
}

TEST_CASE("weak readers turn one kind into another") {
  CHECK(weak_string(node("true")) == "1");
  CHECK(weak_string(node("0x10")) == "16");
  CHECK(weak_string(node("-5")) == "-5");
  CHECK(weak_string(node("1.50")) == "1.5");
  CHECK(weak_string(node("1e3")) == "1000");
  CHECK(weak_string(node("1e21")) == "1000000000000000000000");
  CHECK(weak_string(node("1e23")) == "100000000000000000000000");
  CHECK(weak_string(node("18446744073709551616")) == "18446744073709552000");
  CHECK(weak_string(node("-0")) == "0");
  CHECK(weak_string(node("._5")) == "._5");
  CHECK(weak_string(node(".inf")) == "+Inf");
  CHECK(weak_string(node("~")).empty());
  CHECK(weak_string(node("text")) == "text");
  CHECK(weak_int(node("'12'")) == 12);
  CHECK(weak_int(node("''")) == 0);
  CHECK(weak_int(node("1.9")) == 1);
  CHECK(weak_int(node("yes")) == 1);
  CHECK(weak_float(node("'0.25'")) == 0.25);
  CHECK(weak_float(node("false")) == 0);
  CHECK(weak_bool(node("'T'")));
  CHECK(weak_bool(node("2")));
  CHECK_FALSE(weak_bool(node("0.0")));
  CHECK_FALSE(weak_bool(node("''")));
  CHECK(weak_int(node("'1_000'")) == 1000);
  CHECK(error_of(weak_int, "'x'") == "f:1:1: expected a whole number, found \"x\"");
  CHECK(error_of(weak_int, "'1__0'") == "f:1:1: expected a whole number, found \"1__0\"");
  CHECK(error_of(weak_bool, "'yes'") == "f:1:1: expected true or false, found \"yes\"");
  CHECK(error_of(weak_float, "[1]") == "f:1:1: expected a number, found a list");
}

TEST_CASE("Go durations") {
  const struct {
    const char* text;
    nanoseconds want;
  } good[] = {
      {"0", 0ns},
      {"-0", 0ns},
      {"5ns", 5ns},
      {"1us", 1us},
      {"1\u00b5s", 1us},
      {"1\u03bcs", 1us},
      {"1ms", 1ms},
      {"1.5s", 1500ms},
      {".5s", 500ms},
      {"5.s", 5s},
      {"1h30m", 90min},
      {"1h1m1s1ms", 3661001ms},
      {"-1.5h", -90min},
      {"+5s", 5s},
      {"0.1ns", 0ns},
      {"1m1m", 2min},
      {"0.3333333333333333333h", nanoseconds(1'200'000'000'000)},
      {"9223372036854775807ns", nanoseconds(std::numeric_limits<int64_t>::max())},
      {"-9223372036854775808ns", nanoseconds(std::numeric_limits<int64_t>::min())},
      {"670.5255s", 670'525'500us},
      {"-902.521882s", -902'521'882us},
      {"4.068017h", nanoseconds(14'644'861'200'000)},
      {"1m0.29s", 60'290ms},
  };
  for (const auto& row : good) {
    INFO(row.text);
    REQUIRE(parse_go_duration(row.text));
    CHECK(*parse_go_duration(row.text) == row.want);
  }
  for (const char* text :
       {"", "-", "5", "s", ".s", "1d", "1w", "1 s", "1s ", "ten", "1e3s", "--1s", "9223372036854775808ns",
        "-9223372036854775809ns", "9999999999999999h", "2562047h48m", "1s1"}) {
    INFO(text);
    CHECK_FALSE(parse_go_duration(text));
  }
}

TEST_CASE("durations are printed as Go prints them") {
  const struct {
    nanoseconds duration;
    const char* want;
  } rows[] = {
      {0ns, "0s"},
      {1ns, "1ns"},
      {1100ns, "1.1\u00b5s"},
      {250ms, "250ms"},
      {1500ms, "1.5s"},
      {5min, "5m0s"},
      {90min, "1h30m0s"},
      {-1500ms, "-1.5s"},
      {24h, "24h0m0s"},
      {1s + 1ns, "1.000000001s"},
      {nanoseconds(std::numeric_limits<int64_t>::min()), "-2562047h47m16.854775808s"},
      {nanoseconds(std::numeric_limits<int64_t>::max()), "2562047h47m16.854775807s"},
  };
  for (const auto& row : rows) CHECK(format_go_duration(row.duration) == row.want);
}

TEST_CASE("Prometheus' durations") {
  const struct {
    const char* text;
    nanoseconds want;
  } good[] = {
      {"0", 0ns},
      {"0s", 0ns},
      {"90s", 90s},
      {"1h30m", 90min},
      {"1d12h", 36h},
      {"1y2w3d4h5m6s7ms", 24h * (365 + 14 + 3) + 4h + 5min + 6s + 7ms},
      {"292y24w3d23h47m16s854ms", nanoseconds(9'223'372'036'854'000'000)},
  };
  for (const auto& row : good) {
    INFO(row.text);
    CHECK(parse_prometheus_duration(row.text) == row.want);
  }
  for (const char* text : {"", "30", "00", "1.5m", "-1s", "+1s", "1us", "1 s", "1s1m", "1s1s", "s", "1s ",
                           "1x", "293y", "9223372036855ms", "99999999999999999999s"}) {
    INFO(text);
    CHECK_FALSE(parse_prometheus_duration(text));
  }
  CHECK(read_prometheus_duration(node("0")) == 0ns);
  CHECK(
      error_of(read_prometheus_duration, "30") ==
      "f:1:1: expected a duration such as 90s or 1h30m (units, in this order: y w d h m s ms), found \"30\"");

  const struct {
    nanoseconds duration;
    const char* want;
  } printed[] = {
      {0ns, "0s"},    {1us, "0s"},       {1500ms, "1s500ms"}, {60s, "1m"},
      {36h, "1d12h"}, {90 * 24h, "90d"}, {91 * 24h, "13w"},   {365 * 24h, "1y"},
  };
  for (const auto& row : printed) CHECK(format_prometheus_duration(row.duration) == row.want);
}

TEST_CASE("durations in a file may be bare numbers of nanoseconds") {
  CHECK(read_duration(node("5")) == 5ns);
  CHECK(read_duration(node("5.9")) == 5ns);
  CHECK(read_duration(node("1e9")) == 1s);
  CHECK(read_duration(node("2m")) == 2min);
  CHECK(read_duration_string(node("'0'")) == 0ns);
}

TEST_CASE("sizes") {
  const struct {
    const char* text;
    uint64_t want;
  } good[] = {
      {"", 0},
      {"0", 0},
      {"10b", 10},
      {"1 byte", 1},
      {"1kb", 1024},
      {"1K", 1024},
      {"2MB", 2097152},
      {"1Gb", 1 << 30},
      {"1kilo", 1024},
      {"3 kilobytes", 3072},
      {"1TB", uint64_t{1} << 40},
      {"1e", uint64_t{1} << 60},
      {"15eb", uint64_t{15} << 60},
      {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& row : good) {
    INFO(row.text);
    REQUIRE(parse_bytes(row.text));
    CHECK(*parse_bytes(row.text) == row.want);
  }
  for (const char* text :
       {"kb", "-1", "1.5kb", "1kib", "1e3", "big", "16eb", " 1", "1bytes", "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("label maps keep the spelling of their values") {
  const auto labels = read_label_map(node("{ver: 1.10, flag: yes, none: , 'my.label': x}"));
  CHECK(labels == std::map<std::string, std::string>{
                      {"ver", "1.10"}, {"flag", "yes"}, {"none", ""}, {"my.label", "x"}});
}

TEST_CASE("Go's numbers") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    const char* text;
    double want;
  } numbers[] = {
      {"1", 1},
      {"+1.5e3", 1500},
      {"-.5", -0.5},
      {"5.", 5},
      {"1E2", 100},
      {"007", 7},
      {"1e-400", 0},
      {"-1e-18446744073709551616", 0},
      {"4e-324", 5e-324},
      {"inf", kInfinity},
      {"-Inf", -kInfinity},
      {"+INFINITY", kInfinity},
      {"0x1p-2", 0.25},
      {"-0X1.8P+3", -12},
      {"0x.1p4", 1},
      {"0x1ep-1", 15},
      {"0x1p-5000", 0},
      {"1_23.50_0_0e+1_2", 1.235e14},
      {"0x_1_2.3_4_5p+1_2", 74565},
  };
  for (const auto& number : numbers) {
    INFO(number.text);
    CHECK(parse_go_float(number.text) == number.want);
  }
  CHECK(std::isnan(*parse_go_float("NaN")));
  for (const char* text :
       {"",       "+",    "-",    ".",     "e5",     "1e",     "1e+",    "+-1",      "--1",
        "1x",     "1 ",   " 1",   "1.2.3", "nan(1)", "-nan",   "+nan",   "infinit",  "1e400",
        "-1e400", "0x",   "0x1",  "0x1e2", "0x1p",   "0x-1p1", "1p2",    "0x1p5000", "_1",
        "1_",     "1__0", "1_.5", "1._5",  "1e_5",   "0_x1p1", "0x1_p1", "0x__1p1",  "1,5"}) {
    INFO(text);
    CHECK_FALSE(parse_go_float(text));
  }
  const struct {
    const char* text;
    int64_t want;
  } integers[] = {
      {"0", 0},
      {"-12", -12},
      {"+1_000", 1000},
      {"0x1F", 31},
      {"0X_1f", 31},
      {"0b11", 3},
      {"0B_1", 1},
      {"-0o17", -15},
      {"017", 15},
      {"0_7", 7},
      {"-0x8000000000000000", std::numeric_limits<int64_t>::min()},
  };
  for (const auto& integer : integers) {
    INFO(integer.text);
    CHECK(parse_go_int(integer.text) == integer.want);
  }
  for (const char* text : {"", "-", "+-1", "_1", "1_", "1__0", "0_x1", "0x", "09", "0b2", "1.0", "1e3", " 1",
                           "f_f", "9223372036854775808"}) {
    INFO(text);
    CHECK_FALSE(parse_go_int(text));
  }
  CHECK(*parse_go_bool("T"));
  CHECK_FALSE(parse_go_bool("yes"));
}

TEST_CASE("is_utf8") {
  CHECK(is_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* text :
       {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xFF"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace lokitail::config
