#include <catch2/catch.hpp>

#include <cstdlib>

#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("whole numbers", "[go_template]") {
  const Row rows[] = {
      {"{{ add 1 2 3 }} {{ add }} {{ add1 5 }} {{ sub 3 5 }} {{ mul 1 2 3 }} {{ div 7 2 }} {{ mod "
       "-7 3 }}",
       "6 0 6 -2 6 3 -1"},
      {"{{ add `12` 1.9 true nil `x` }} {{ add `0x1f` `010` `0b1` `1_0` }} {{ add `1.0` `2.00` "
       "`3.5` }}",
       "14 50 3"},
      {"{{ div 1 0 }}", "error: integer divide by zero"},
      {"{{ mod 1 0 }}", "error: integer divide by zero"},
      {"{{ div -9223372036854775808 -1 }} {{ mod -9223372036854775808 -1 }} {{ add "
       "9223372036854775807 1 }}",
       "-9223372036854775808 0 -9223372036854775808"},
      {"{{ max 1 5 `3` }} {{ biggest 1 2 }} {{ min 4 2.9 3 }}", "5 2 2"},
      {"{{ int `42` }} {{ int64 4.9 }} {{ int -4.9 }} {{ int `x` }} {{ int (list) }} {{ atoi `7` "
       "}} {{ atoi `0x7` }}",
       "42 4 -4 0 0 7 0"},
      {"{{ int 1e300 }}", "-9223372036854775808"},
      {"{{ toDecimal `0777` }} {{ toDecimal 17 }} {{ toDecimal `9` }}", "511 15 0"},
      {"{{ until 4 }} {{ until -3 }} {{ until 0 }} {{ untilStep 3 9 3 }} {{ untilStep 5 0 -2 }} {{ "
       "untilStep 0 5 0 }}"
       " {{ untilStep 0 5 -1 }}",
       "[0 1 2 3] [0 -1 -2] [] [3 6] [5 3 1] [] []"},
      {"{{ seq 5 }}|{{ seq -3 }}|{{ seq 0 }}|{{ seq 2 5 }}|{{ seq 2 -2 }}|{{ seq 0 2 10 }}|{{ seq "
       "0 -2 -5 }}"
       "|{{ seq 5 1 0 }}|{{ seq }}|{{ seq 1 2 3 4 }}|",
       "1 2 3 4 5|1 0 -1 -2 -3|1 0|2 3 4 5|2 1 0 -1 -2|0 2 4 6 8 10|0 -2 -4||||"},
      {"{{ untilStep 9223372036854775806 9223372036854775807 5 }}", "[9223372036854775806]"},
      {"{{ typeOf (add 1 1) }} {{ typeOf (int 1) }} {{ typeOf (until 1) }} {{ kindOf (until 1) }}",
       "int64 int []int slice"},
  };
  check_all(rows);
}

TEST_CASE("fractions", "[go_template]") {
  const Row rows[] = {
      {"{{ addf 0.1 0.2 }} {{ subf 0.3 0.1 }} {{ mulf 1.1 1.1 }} {{ divf 10 4 }} {{ add1f 1.5 }} "
       "{{ addf }}",
       "0.3 0.2 1.21 2.5 2.5 0"},
      {"{{ divf 1 3 }} {{ divf 2 3 }}", "0.3333333333333333 0.6666666666666667"},
      {"{{ divf 1 0 }}", "error: decimal division by 0"},
      {"{{ addf `inf` 1 }}", "error: cannot create a Decimal from NaN or infinity"},
      {"{{ addf 1 `nan` }}", "error: cannot create a Decimal from NaN or infinity"},
      {"{{ float64 `3.5` }} {{ float64 `x` }} {{ float64 true }} {{ float64 `0x1p4` }} {{ float64 "
       "`1e400` }}",
       "3.5 0 1 16 0"},
      {"{{ floor 123.9999 }} {{ floor -1.5 }} {{ ceil 123.001 }} {{ round 123.555555 3 }} {{ round "
       "-1.5 0 }}",
       "123 -2 124 123.556 -2"},
      {"{{ maxf 1 2.5 2 }} {{ minf 1.5 2 }} {{ maxf 1 `nan` }} {{ maxf 1 `inf` `nan` }}", "2.5 1.5 NaN +Inf"},
  };
  check_all(rows);
}

TEST_CASE("lists", "[go_template]") {
  const Row rows[] = {
      {"{{ $l := list 1 2 3 4 }}{{ first $l }} {{ last $l }} {{ rest $l }} {{ initial $l }} {{ "
       "reverse $l }}",
       "1 4 [2 3 4] [1 2 3] [4 3 2 1]"},
      {"{{ first list }} {{ last list }} {{ rest list | toJson }} {{ initial list }} {{ reverse "
       "list }}",
       "<no value> <no value> null [] []"},
      {"{{ $l := list 1 }}{{ append $l 2 }} {{ push $l 3 }} {{ prepend $l 0 }} {{ $l }} {{ append "
       "(until 2) `x` }}",
       "[1 2] [1 3] [0 1] [1] [0 1 x]"},
      {"{{ concat (list 1) (list 2 3) (until 1) }} {{ concat | toJson }}", "[1 2 3 0] null"},
      {"{{ uniq (list 1 1 `1` 2 2 1) }} {{ without (list 1 2 3) 2 `3` }} {{ has 2 (list 1 2) }} {{ "
       "has `2` (list 1 2) }}",
       "[1 1 2] [1 3] true false"},
      {"{{ has 1 nil }} {{ compact (list 0 1 `` `a` nil false) }}", "false [1 a]"},
      {"{{ $l := list 1 2 3 4 5 }}{{ slice $l }} {{ slice $l 3 }} {{ slice $l 1 3 }} {{ slice list "
       "}}",
       "[1 2 3 4 5] [4 5] [2 3] <no value>"},
      {"{{ slice (list 1) 0 5 }}", "error: slice index out of bounds"},
      {"{{ slice (list 1) -1 }}", "error: slice index out of bounds"},
      {"{{ slice `abc` 1 2 }}", "error: not a list but a value of type string"},
      {"{{ chunk 2 (list 1 2 3) }} {{ chunk 2 list }}", "[[1 2] [3]] []"},
      {"{{ chunk 0 (list 1) }}", "error: the size of chunks must be positive"},
      {"{{ first `x` }}", "error: not a list but a value of type string"},
      {"{{ append nil 1 }}", "error: not a list but a value of type <nil>"},
      {"{{ mustFirst (tuple 1) }}{{ mustLast (list 2) }}{{ mustRest (list 1 3) }}{{ mustInitial "
       "(list 4 1) }}"
       "{{ mustReverse (list 5) }}{{ mustUniq (list 6 6) }}{{ mustWithout (list 7) 1 }}{{ mustHas "
       "1 (list 1) }}"
       "{{ mustSlice (list 8) 0 }}{{ mustChunk 1 (list 9) }}{{ mustCompact (list 0) }}{{ "
       "mustAppend (list) 1 }}"
       "{{ mustPush (list) 2 }}{{ mustPrepend (list) 3 }}",
       "12[3][4][5][6][7]true[8][[9]][][1][2][3]"},
  };
  check_all(rows);
}

TEST_CASE("maps", "[go_template]") {
  const Row rows[] = {
      {"{{ dict `b` 2 `a` 1 3 4 `odd` }}", "map[3:4 a:1 b:2 odd:]"},
      {"{{ $d := dict `a` 1 }}{{ get $d `a` }} {{ get $d `x` }}| {{ hasKey $d `a` }} {{ hasKey $d "
       "`x` }}",
       "1 | true false"},
      {"{{ $d := dict }}{{ $_ := set $d `a` 1 }}{{ $_ := set $d `a` 2 }}{{ $d }} {{ unset $d `a` "
       "}} {{ unset $d `b` }}",
       "map[a:2] map[] map[]"},
      {"{{ pluck `a` (dict `a` 1) (dict `b` 2) (dict `a` 3) }} {{ keys (dict `b` 1 `a` 2) (dict "
       "`c` 3) }}"
       " {{ values (dict `b` 1 `a` 2) }}",
       "[1 3] [a b c] [2 1]"},
      {"{{ $d := dict `a` 1 `b` 2 `c` 3 }}{{ pick $d `a` `c` `x` }} {{ omit $d `a` `x` }}",
       "map[a:1 c:3] map[b:2 c:3]"},
      {"{{ merge (dict `a` 1 `e` `` `m` (dict `x` 1)) (dict `a` 2 `b` 3 `e` 4 `m` (dict `x` 2 `y` "
       "3)) }}",
       "map[a:1 b:3 e:4 m:map[x:1 y:3]]"},
      {"{{ mergeOverwrite (dict `a` 1 `e` 5 `m` (dict `x` 1)) (dict `a` 2 `b` 3 `e` `` `m` (dict "
       "`x` 2)) }}",
       "map[a:2 b:3 e: m:map[x:2]]"},
      {"{{ $d := dict `a` 1 }}{{ $_ := merge $d (dict `b` 2) }}{{ $d }} {{ mustMerge $d $d }}",
       "map[a:1 b:2] map[a:1 b:2]"},
      {"{{ $d := dict `a` (dict `b` (dict `c` 1)) }}{{ dig `a` `b` `c` 0 $d }} {{ dig `a` `x` `c` "
       "`no` $d }}",
       "1 no"},
      {"{{ dig `a` `b` 0 (dict `a` 1) }}", "error: dig: not a map but int"},
      {"{{ dig `a` (dict) }}", "error: dig needs at least three arguments"},
      {"{{ $a := dict `x` (dict `y` 1) }}{{ $b := deepCopy $a }}{{ $_ := set $b.x `y` 2 }}{{ "
       "$a.x.y }}{{ $b.x.y }}",
       "12"},
  };
  check_all(rows);
}

TEST_CASE("defaults and types", "[go_template]") {
  const Row rows[] = {
      {"{{ default `d` `` }} {{ default `d` `x` }} {{ default `d` }} {{ .none | default 1 }} {{ "
       "default `d` 0 }}",
       "d x d 1 d"},
      {"{{ coalesce 0 `` `c` 1 }} {{ coalesce 0 }} {{ all 1 0 }} {{ all }} {{ any 0 1 }} {{ any }}",
       "c <no value> false true true false"},
      {"{{ empty list }} {{ empty 1 }} {{ empty nil }} {{ empty now }}", "true false true false"},
      {"{{ true | ternary `t` `f` }} {{ ternary 1 2 false }}", "t 2"},
      {"{{ typeOf 1 }} {{ typeOf nil }} {{ typeOf now }} {{ kindOf now }} {{ kindOf nil }} {{ "
       "kindOf (semver `1`) }}",
       "int <nil> time.Time struct invalid ptr"},
      {"{{ typeIs `int` 1 }} {{ kindIs `map` dict }} {{ typeIsLike `semver.Version` (semver `1`) "
       "}} {{ typeIsLike `int` 1 }}",
       "true true true true"},
      {"{{ deepEqual (list 1 (dict `a` 2)) (list 1 (dict `a` 2)) }} {{ deepEqual 1 (int64 1) }} {{ "
       "deepEqual nil nil }}",
       "true false true"},
      {"{{ deepEqual (until 1) (list 0) }} {{ deepEqual `a` `a` }} {{ deepEqual (dict `a` 1) (dict "
       "`b` 1) }}",
       "false true false"},
  };
  check_all(rows);
}

TEST_CASE("JSON", "[go_template]") {
  const Row rows[] = {
      {R"({{ toJson (dict "b" (list 1 2.5 nil true) "a" "<&>\n\"\\\u2028" "c" (dict)) }})",
       R"({"a":"\u003c\u0026\u003e\n\"\\\u2028","b":[1,2.5,null,true],"c":{}})"},
      {R"({{ toRawJson "<&>" }} {{ toPrettyJson (list 1 (dict "a" (list))) }})",
       "\"<&>\" [\n  1,\n  {\n    \"a\": []\n  }\n]"},
      {"{{ toJson 1e21 }} {{ toJson 1e20 }} {{ toJson 1e-7 }} {{ toJson 0.000001 }} {{ toJson "
       "100.0 }} {{ toJson -1e-10 }}",
       "1e+21 100000000000000000000 1e-7 0.000001 100 -1e-10"},
      {"{{ toJson (float64 `nan`) }}|{{ toJson \"\\x01\\x1f\\b\\f\\t\\x7f\" }}",
       "|\"\\u0001\\u001f\\b\\f\\t\x7f\""},
      {"{{ mustToJson (float64 `inf`) }}", "error: json: unsupported value"},
      {R"({{ $j := fromJson `{"a":{"b":[1,"x",null,true]},"n":1.5}` }}{{ $j.a.b }} {{ $j.n }} {{ index $j.a.b 1 }} {{ $j.z }})",
       "[1 x <nil> true] 1.5 x <no value>"},
      {"{{ fromJson `{` }} {{ fromJson `null` }} {{ fromJson `5` }} {{ fromJson `\"s\"` }}",
       "<no value> <no value> 5 s"},
      {"{{ mustFromJson `{` }}", "error: invalid JSON"},
      {"{{ fromJson `{\"a\":1,\"a\":2}` }} {{ typeOf (fromJson `1`) }} {{ typeOf (fromJson `[]`) "
       "}}",
       "map[a:2] float64 []interface {}"},
  };
  check_all(rows);
  const std::string deep(5000, '[');
  CHECK(render("{{ fromJson .v }}", {{"v", deep + std::string(5000, ']')}}) ==
        "error: JSON is nested too deeply");
  CHECK(render("{{ fromJson .v }}", {{"v", deep}}) == "<no value>");
}

TEST_CASE("semantic versions", "[go_template]") {
  const Row rows[] = {
      {"{{ $v := semver `v1.2.3-alpha.1+123` }}{{ $v.Major }} {{ $v.Minor }} {{ $v.Patch }} {{ "
       "$v.Prerelease }}"
       " {{ $v.Metadata }} {{ $v.Original }} {{ $v }}",
       "1 2 3 alpha.1 123 v1.2.3-alpha.1+123 1.2.3-alpha.1+123"},
      {"{{ (semver `1.2`).Compare (semver `1.2.0`) }} {{ (semver `1.2.3`).LessThan (semver "
       "`1.10.0`) }}",
       "0 true"},
      {"{{ semver `x` }}", "error: Invalid Semantic Version"},
      {"{{ semver `1.2.3.4` }}", "error: Invalid Semantic Version"},
      {"{{ semverCompare `nonsense` `1.2.3` }}", "error: improper constraint: nonsense"},
  };
  check_all(rows);
  const struct {
    std::string constraint;
    std::string version;
    bool want;
  } constraints[] = {
      {"1.2.3", "1.2.3", true},
      {"=1.2.3", "1.2.4", false},
      {"!=1.2.3", "1.2.4", true},
      {"!=1", "1.2.4", false},
      {">1.2.3", "1.2.4", true},
      {">1", "1.5.0", false},
      {">1", "2.0.0", true},
      {">=1.2", "1.2.0", true},
      {"<2", "1.9.9", true},
      {"<=1", "1.9.0", true},
      {"<=1", "2.0.0", false},
      {"~1.2.3", "1.2.9", true},
      {"~1.2.3", "1.3.0", false},
      {"~1", "1.9.0", true},
      {"~1", "2.0.0", false},
      {"^1.2.3", "1.9.9", true},
      {"^1.2.3", "2.0.0", false},
      {"^0.2.3", "0.2.9", true},
      {"^0.2.3", "0.3.0", false},
      {"^0.0.3", "0.0.3", true},
      {"^0.0.3", "0.0.4", false},
      {"^0", "0.9.0", true},
      {"1.2.x", "1.2.9", true},
      {"1.x", "2.0.0", false},
      {"*", "9.9.9", true},
      {">=1.0, <2.0", "1.5.0", true},
      {">=1.0 <2.0", "2.5.0", false},
      {"<1 || >=3", "3.1.0", true},
      {"<1 || >=3", "2.0.0", false},
      {"1.2 - 1.4", "1.3.5", true},
      {"1.2 - 1.4", "1.5.0", false},
      {">=1.0", "1.1.0-beta", false},
      {">=1.0-0", "1.1.0-beta", true},
      {"^1.2.3-beta.2", "1.2.3-beta.4", true},
      {">=v1.2", "v1.3", true},
      {"1.0.0", "1.0.0-rc", false},
  };
  for (const auto& row : constraints) {
    INFO(row.constraint << " on " << row.version);
    CHECK(render("{{ semverCompare .c .v }}", {{"c", row.constraint}, {"v", row.version}}) ==
          (row.want ? "true" : "false"));
  }
}

TEST_CASE("the environment", "[go_template]") {
  setenv("LOKITAIL_TEST_TEMPLATE", "value", 1);
  const Row rows[] = {
      {"{{ env `LOKITAIL_TEST_TEMPLATE` }} {{ env `LOKITAIL_TEST_NONE` }}|", "value |"},
      {"{{ expandenv `$LOKITAIL_TEST_TEMPLATE ${LOKITAIL_TEST_TEMPLATE}x $LOKITAIL_TEST_NONE.` }}",
       "value valuex ."},
      {"{{ expandenv `a$ $. ${} ${x $1$` }}", "a$ $.  x $"},
      {"{{ getHostByName `localhost` }}", "error: no address of localhost"},
  };
  check_all(rows);
}

TEST_CASE("times", "[go_template]") {
  setenv("TZ", "UTC", 1);
  const Row rows[] = {
      {"{{ now | date `2006-01-02 15:04:05.000` }} {{ now.Unix }} {{ unixEpoch now }}",
       "2025-11-07 10:30:15.250 1762511415 1762511415"},
      {"{{ date `2006` `no time at all` }} {{ date `15:04` 60 }} {{ date `15:04` (int64 120) }}",
       "2025 00:01 00:02"},
      {"{{ dateInZone `15:04 MST` now `America/New_York` }} {{ dateInZone `15:04 MST` now "
       "`No/Where` }}",
       "05:30 EST 10:30 UTC"},
      {"{{ htmlDate 0 }} {{ htmlDateInZone 86399 `Asia/Tokyo` }}", "1970-01-01 1970-01-02"},
      {"{{ toDate `2006-01-02` `2025-12-31` }}", "2025-12-31 00:00:00 +0000 UTC"},
      {"{{ toDate `2006-01-02` `x` }} {{ (toDate `2006-01-02` `x`).IsZero }}",
       "0001-01-01 00:00:00 +0000 UTC true"},
      {"{{ mustToDate `2006-01-02` `x` }}", "error: cannot parse as a time: x"},
      {"{{ now | dateModify `-1h30m` | date `15:04` }} {{ now | dateModify `x` | date `15:04` }}",
       "09:00 10:30"},
      {"{{ now | mustDateModify `x` }}", "error: invalid duration: x"},
      {"{{ ago (toDate `2006-01-02 15:04:05` `2025-11-07 08:00:00`) }} {{ ago 1762511415 }}", "2h30m15s 0s"},
      {"{{ duration `95` }} {{ duration (int64 3661) }} {{ duration 1 }} {{ duration `x` }}",
       "1m35s 1h1m1s 0s 0s"},
      {"{{ durationRound `2h10m5s` }} {{ durationRound `26h` }} {{ durationRound `800h` }} {{ "
       "durationRound `10000h` }}"
       " {{ durationRound `1h` }} {{ durationRound `-90s` }} {{ durationRound `500ms` }}",
       "2h 1d 1mo 1y 60m 1m 0s"},
      {"{{ durationRound (now | dateModify `-3h`) }} {{ durationRound (int64 5000000000) }}", "3h 5s"},
      {"{{ $t := toDate `2006-01-02 15:04:05` `2024-02-29 13:14:15` }}{{ $t.Year }} {{ $t.Month }} "
       "{{ $t.Day }}"
       " {{ $t.Hour }} {{ $t.Minute }} {{ $t.Second }} {{ $t.Nanosecond }} {{ $t.Weekday }} {{ "
       "$t.YearDay }}",
       "2024 February 29 13 14 15 0 Thursday 60"},
      {"{{ now.UnixMilli }} {{ now.UnixMicro }} {{ now.UnixNano }} {{ now.UTC.Format `Jan _2` }}",
       "1762511415250 1762511415250000 1762511415250000000 Nov  7"},
      {"{{ (now.AddDate 1 2 -7).Format `2006-01-02` }} {{ (now.AddDate 0 -11 0).Format "
       "`2006-01-02` }}",
       "2026-12-31 2024-12-07"},
      {"{{ $u := now | dateModify `90m` }}{{ $u.Sub now }} {{ $u.After now }} {{ $u.Before now }} "
       "{{ now.Equal now }}"
       " {{ ($u.Sub now).Minutes }} {{ now.Compare $u }}",
       "1h30m0s true false true 90 -1"},
      {"{{ now.Nonsense }}", "error: can't evaluate field Nonsense"},
      {"{{ now.Format }}", "error: wrong number of args for Format"},
      {"{{ now.Format 1 }}", "error: expected string; found 1"},
      {"{{ now.AddDate 99999999999 0 0 }}", "error: AddDate goes too far"},
      {"{{ now | toJson }} {{ printf `%s|%v|%d` now.Month now.Weekday now.Weekday }}",
       "\"2025-11-07T10:30:15.25Z\" November|Friday|5"},
      {"{{ unixEpoch 5 }}", "error: can't handle a constant for arg of type time.Time"},
      {"{{ `2006` | now.Format }}", "2025"},
  };
  check_all(rows);
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
