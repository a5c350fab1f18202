// What text/template has of its own: statements, printing, comparisons.
#include "tests/unit/pipeline/lang/go_template/cases.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("template cases: statements", "[go_template]") {
  check_cases(R"cases(
{{ if .a }}yes{{ else }}no{{ end }} => "yes"
{{ if .missing }}yes{{ else if .empty }}e{{ else }}no{{ end }} => "no"
{{ if eq .a "y" }}1{{ else if eq .a "x" }}2{{ end }} => "2"
{{ with .a }}[{{ . }}]{{ end }} => "[x]"
{{ with .missing }}x{{ else }}none{{ end }} => "none"
{{ with $x := 5 }}{{ $x }}{{ . }}{{ end }} => "55"
{{ range list 1 2 3 }}{{ . }},{{ end }} => "1,2,3,"
{{ range $i, $e := list "a" "b" }}{{ $i }}{{ $e }} {{ end }} => "0a 1b "
{{ range $k, $v := dict "b" 2 "a" 1 }}{{ $k }}={{ $v }};{{ end }} => "a=1;b=2;"
{{ range $v := dict "b" 2 "a" 1 }}{{ $v }}{{ end }} => "12"
{{ range list }}x{{ else }}empty{{ end }} => "empty"
{{ range .missing }}x{{ else }}none{{ end }} => "none"
{{ range "abc" }}x{{ end }} => error
{{ range list 1 2 3 4 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if eq . 4 }}{{ break }}{{ end }}{{ . }}{{ end }} => "13"
{{ range list (list 1 2) (list 3) }}{{ range . }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }};{{ end }} => "1;3;"
{{ range $i := list 1 }}{{ $i }}{{ $.a }}{{ end }} => "1x"
{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }} => "2"
{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }} => "21"
{{ $x := 1 }}{{ range list 1 2 }}{{ $x = add $x . }}{{ end }}{{ $x }} => "4"
{{ $x = 1 }} => error
{{ if .missing }}{{ $x = 1 }}{{ end }}ok => "ok"
{{ $ = "r" }}{{ $ }} => "r"
{{ if .a }}{{ $ = 5 }}{{ end }}{{ $ }}{{ .a }} => "5x"
{{ $ := "s" }}{{ $ }} => "s"
{{ break }} => refused
{{ continue }} => refused
{{ .a }}-{{- .a -}} - {{ .a }} => "x-x- x"
a {{- /* c */ -}} b => "ab"
{{/* only */}} => ""
{{- "x" -}} => "x"
{{ "a" | printf "%s-%s" "b" }} => "b-a"
{{ .a | upper | quote }} => "\"X\""
{{ .a | len | add 1 }} => "2"
{{ (.a) }} => "x"
{{ ((list 1 2) | first) }} => "1"
{{ (dict "k" (dict "l" 7)).k.l }} => "7"
{{ $d := dict "k" 7 }}{{ $d.k }} => "7"
{{ .a.b }} => error
{{ .missing.b }} => "\u003cno value\u003e"
{{ (dict).x.y }} => "\u003cno value\u003e"
{{ (dict "x" nil).x.y }} => error
{{ $.a }}{{ $.missing }} => "x\u003cno value\u003e"
{{ . }} => "map[a:x b:B é empty: line:GET /index.html 200 num:-7]"
{{ .missing }} => "\u003cno value\u003e"
{{ nil }} => error
{{ print nil }} => "\u003cnil\u003e"
{{ true }}{{ false }} => "truefalse"
{{ 1 }}{{ 1.5 }}{{ 'x' }}{{ "s" }}{{ `r\n` }} => "11.5120sr\\n"
{{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 1e3 }} {{ 0x1p4 }} {{ -5 }} {{ +5 }} {{ .5 }} => "31 3 15 15 1000 1000 16 -5 5 0.5"
{{ "\u00e9\x41\n" | quote }} => "\"éA\\n\""
{{ 'a' }}{{ '\n' }}{{ '\u00e9' }} => "9710233"
{{ 1 | add 1 }} => "2"
{{ "x" | "y" }} => refused
{{ .a "x" }} => error
{{ 1 2 }} => error
{{ nosuch }} => refused
{{ .a => refused
{{ if }}x{{ end }} => refused
{{ if .a }}x => refused
{{ end }} => refused
{{ else }} => refused
{{ range .a }}{{ else }}{{ else }}{{ end }} => refused
{{ $x }} => refused
{{ "unclosed }} => refused
{{ 'ab' }} => refused
{{ 08 }} => refused
{{ 1__0 }} => refused
{{ 99999999999999999999 }} => refused
{{ .a | }} => "x"
{{ | .a }} => refused
{{ () }} => refused
{{ (.a }} => refused
{{ .a) }} => refused
{{ /* x */ }} => refused
{{/* x }} => refused
{{ .a..b }} => refused
{{ .1 }} => "0.1"
{{ $x := }} => refused
{{ $x, $y := 1 }} => refused
{{ range $a, $b, $c := list }}{{ end }} => refused
{{ upper }} => error
{{ upper 1 }} => error
{{ upper "a" "b" }} => error
{{ repeat "x" "y" }} => error
{{ repeat 1.5 "y" }} => error
{{ repeat 2.0 "y" }} => "yy"
{{ int 5 | repeat 2 }} => error
{{ .num | int | add 10 }} => "3"
{{ not (and .a .missing) }} => "true"
{{ if and .a (eq .num "-7") }}both{{ end }} => "both"
{{ with (index (list 1 2) 0) }}{{ . }}{{ end }} => "1"
{{ len (printf "%d" 12345) }} => "5"
{{ }} => refused
{{ . | len }} => "5"
{{ if not .missing }}x{{ end }}{{ if ne .a "x" }}y{{ end }} => "x"
text only => "text only"
a}}b => "a}}b"
a{b}c => "a{b}c"
)cases");
}

TEST_CASE("template cases: printf on numbers", "[go_template]") {
  check_cases(R"cases(
{{ printf "%d|%5d|%-5d|%05d|%+d|% d" 42 42 42 42 42 42 }} => "42|   42|42   |00042|+42| 42"
{{ printf "%05d|%-05d|%+05d|% 05d" -42 42 42 42 }} => "-0042|42   |+0042| 0042"
{{ printf "%x|%X|%#x|%#X|%o|%#o|%O|%b|%#b" 255 255 255 255 8 8 8 5 5 }} => "ff|FF|0xff|0XFF|10|010|0o10|101|0b101"
{{ printf "%08b|%8.3d|%.0d|%.0d|%-8.3d|" 5 7 0 1 7 }} => "00000101|     007||1|007     |"
{{ printf "%c|%5c|%-5c|%q|%+q|%#q" 65 66 67 68 233 69 }} => "A|    B|C    |'D'|'\\u00e9'|'E'"
{{ printf "%U|%#U|%+q|%q" 8364 8364 8364 128512 }} => "U+20AC|U+20AC '€'|'\\u20ac'|'😀'"
{{ printf "%d %d" 'a' 0x1F }} => "97 31"
{{ printf "%d|%d|%d" 1_000 0b101 0o17 }} => "1000|5|15"
{{ printf "%v %v %v" 1e3 1.5 .5 }} => "1000 1.5 0.5"
{{ printf "%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f|% .1f" 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 }} => "3.141590|3.14|    3.14|3.14    |00003.14|+3.1| 3.1"
{{ printf "%e|%.2e|%E|%g|%G|%.3g|%g" 123456.789 123456.789 0.00012 1e21 1e-7 123456.789 100000.0 }} => "1.234568e+05|1.23e+05|1.200000E-04|1e+21|1E-07|1.23e+05|100000"
{{ printf "%g %g %g %g" 1e20 1e21 0.0001 0.00001 }} => "1e+20 1e+21 0.0001 1e-05"
{{ printf "%v|%6.2v|%-8v|%08v|" 2.5 2.5 2.5 -2.5 }} => "2.5|   2.5|2.5     |-00002.5|"
{{ printf "%F|%.0f|%.0f|%.0f" 1.5 0.5 1.5 2.5 }} => "1.500000|0|2|2"
{{ printf "%#g|%#.3g|%#e|%#f|%#.0f" 1.0 100.0 2.0 2.0 2.0 }} => "1.00000|100.|2.000000e+00|2.000000|2."
{{ printf "%x|%X|%.2x|%#x|%x" 1.0 -2.5 1.999 0.5 0.0 }} => "0x1p+00|-0X1.4P+01|0x1.00p+01|0x1.0000p-01|0x0p+00"
{{ printf "%b" 1.0 }} => "4503599627370496p-52"
{{ printf "%d" 1.5 }} => "%!d(float64=1.5)"
{{ printf "%s" 5 }} => "%!s(int=5)"
{{ printf "%t" 1 }} => "%!t(int=1)"
{{ printf "%d" "x" }} => "%!d(string=x)"
{{ printf "%z" 1 }} => "%!z(int=1)"
{{ printf "%!" 1 }} => "%!!(int=1)"
{{ printf "%" }} => "%!(NOVERB)"
{{ printf "100%%" }} => "100%"
{{ printf "%d" }} => "%!d(MISSING)"
{{ printf "%d %d" 1 }} => "1 %!d(MISSING)"
{{ printf "x" 1 "b" }} => "x%!(EXTRA int=1, string=b)"
{{ printf "%[2]d %[1]d" 1 2 }} => "2 1"
{{ printf "%[3]d" 1 2 }} => "%!d(BADINDEX)"
{{ printf "%[0]d|%[x]d|%[1" 1 }} => "%!d(BADINDEX)|%!d(BADINDEX)|%!(NOVERB)"
{{ printf "%[2]*[1]d|" 7 5 }} => "    7|"
{{ printf "%*d|%-*d|%.*f" 5 42 5 42 1 3.14159 }} => "   42|42   |3.1"
{{ printf "%*d|" -5 42 }} => "42   |"
{{ printf "%*d" "x" 1 }} => "%!(BADWIDTH)1"
{{ printf "%.*f" -1 2.5 }} => "%!(BADPREC)2.500000"
{{ printf "%.*f" "x" 2.5 }} => "%!(BADPREC)2.500000"
{{ printf "%6.3d|%+06d|%x" 5 5 -255 }} => "   005|+00005|-ff"
{{ printf "%10.3e|%-12g|%+g" 12345.678 0.1 0.1 }} => " 1.235e+04|0.1         |+0.1"
{{ printf "%5t|%-6t|%t" true false true }} => " true|false |true"
{{ printf "%v %d" (int64 5) (int64 -5) }} => "5 -5"
{{ printf "%#v %#v %#v" 5 (int64 5) (index "abc" 1) }} => "5 5 0x62"
{{ printf "%v %#v %T" (index "abc" 1) 2.0 2.0 }} => "98 2 float64"
)cases");
}

TEST_CASE("template cases: printf on texts and other values", "[go_template]") {
  check_cases(R"cases(
{{ printf "%s|%5s|%-5s|%.2s|%5.1s|%05s" "abc" "abc" "abc" "abc" "abc" "abc" }} => "abc|  abc|abc  |ab|    a|00abc"
{{ printf "%q|%#q|%+q|%x|%X|% x|%#x|% #x" "a\"é" "a`b" "é" "hi" "hi" "hi" "hi" "hi" }} => "\"a\\\"é\"|\"a`b\"|\"\\u00e9\"|6869|6869|68 69|0x6869|0x68 0x69"
{{ printf "%#q|%#q" "plain" "tab\t" }} => "`plain`|`tab\t`"
{{ printf "%.2q|%8q|%-8q|%.1x" "abc" "ab" "ab" "abc" }} => "\"ab\"|    \"ab\"|\"ab\"    |61"
{{ printf "%5s|%-5s|%.1s" "é" "é" "éa" }} => "    é|é    |é"
{{ printf "%v %s %d" (list 1 "a") (list "x" "y") (list 1 2) }} => "[1 a] [x y] [1 2]"
{{ printf "%v %v" (dict "b" 2 "a" 1) (list) }} => "map[a:1 b:2] []"
{{ printf "%#v" (list 1 "a" nil 2.5 true) }} => "[]interface {}{1, \"a\", interface {}(nil), 2.5, true}"
{{ printf "%#v" (dict "a" 1 "b" "x") }} => "map[string]interface {}{\"a\":1, \"b\":\"x\"}"
{{ printf "%#v" (splitList "," "a,b") }} => "[]string{\"a\", \"b\"}"
{{ printf "%q %x" (list "a" "b") (list "a" "b") }} => "[\"a\" \"b\"] [61 62]"
{{ printf "%5v|%-5v|%05d" (list 1 2) (list 1 2) (list 1 2) }} => "[    1     2]|[1     2    ]|[00001 00002]"
{{ printf "%T %T %T %T %T %T %T" 1 1.5 "x" true nil (list) (dict) }} => "int float64 string bool \u003cnil\u003e []interface {} map[string]interface {}"
{{ printf "%T %T %T %T" (int64 1) (splitList "," "a") (split "," "a") (until 2) }} => "int64 []string map[string]string []int"
{{ printf "%v %s %d" nil nil nil }} => "\u003cnil\u003e %!s(\u003cnil\u003e) %!d(\u003cnil\u003e)"
{{ printf "%v|%5v|%+v|%#v" nil nil nil nil }} => "\u003cnil\u003e|\u003cnil\u003e|\u003cnil\u003e|\u003cnil\u003e"
{{ printf "%v" .missing }} => "\u003cnil\u003e"
{{ printf "%s" .a }} => "x"
{{ printf "%s %v" .num .b }} => "-7 B é"
{{ printf "%d" .num }} => "%!d(string=-7)"
{{ printf "%t" "true" }} => "%!t(string=true)"
{{ printf "%s" true }} => "%!s(bool=true)"
{{ printf "%w" "x" }} => "%!w(string=x)"
{{ printf "%w" (list 1) }} => "%!w([]interface {}=[1])"
{{ printf "%p" 5 }} => "%!p(int=5)"
{{ printf "%v %s" (duration "90") (toDate "2006-01-02Z07:00" "2024-02-03Z") }} => "1m30s 2024-02-03 00:00:00 +0000 UTC"
{{ printf "%d" (toDate "2006" "x") }} => "{0 0 0}"
{{ printf "%+v" (semver "1.2.3-a+b") }} => "1.2.3-a+b"
{{ printf "%v %s %d" (semver "1.2.3") (semver "v1.2") (semver "1.2.3") }} => "1.2.3 1.2.0 \u0026{1 2 3 %!d(string=) %!d(string=) %!d(string=1.2.3)}"
{{ printf "%[1]q %[1]v %[1]x" "go" }} => "\"go\" go 676f"
{{ print 1 2 }} => "1 2"
{{ print "a" "b" 1 2 "c" 3 }} => "ab1 2c3"
{{ print 1.5 true nil "x" }} => "1.5 true \u003cnil\u003ex"
{{ print }} => ""
{{ println 1 "a" nil }} => "1 a \u003cnil\u003e\n"
{{ println }} => "\n"
{{ html "<a href='x'>&\"</a>" }} => "\u0026lt;a href=\u0026#39;x\u0026#39;\u0026gt;\u0026amp;\u0026#34;\u0026lt;/a\u0026gt;"
{{ html 1 "<" 2 }} => "1\u0026lt;2"
{{ html nil .missing }} => "\u0026lt;no value\u0026gt;\u0026lt;no value\u0026gt;"
{{ js "it's \"x\" <b> & \n = é" }} => "it\\'s \\\"x\\\" \\u003Cb\\u003E \\u0026 \\u000A \\u003D é"
{{ urlquery "a b&c=d/é?" 1 }} => "a+b%26c%3Dd%2F%C3%A9%3F1"
{{ urlquery }} => ""
)cases");
}

TEST_CASE("template cases: comparisons", "[go_template]") {
  check_cases(R"cases(
{{ eq 1 1 }} => "true"
{{ eq 1 2 3 1 }} => "true"
{{ eq "a" "b" "a" }} => "true"
{{ eq 1 1.0 }} => error
{{ eq 1 "1" }} => error
{{ eq 1 (int64 1) }} => "true"
{{ eq (index "a" 0) 97 }} => "true"
{{ eq true true }} => "true"
{{ eq nil nil }} => "true"
{{ eq nil .missing }} => "true"
{{ eq .missing "x" }} => "false"
{{ eq .a "x" }} => "true"
{{ eq (list 1) (list 1) }} => error
{{ eq (list 1) nil }} => "false"
{{ eq (dict) nil }} => "false"
{{ eq (dict) (list) }} => error
{{ eq (regexFindAll "z" "a" -1) nil }} => "true"
{{ eq (semver "1.2.3") (semver "1.2.3") }} => "false"
{{ eq (toDate "2006" "2024") (toDate "2006" "2024") }} => "true"
{{ eq (toDate "2006" "2024") (toDate "2006" "2025") }} => "false"
{{ eq 1 }} => error
{{ ne 1 2 }} => "true"
{{ ne "a" "a" }} => "false"
{{ ne .missing nil }} => "false"
{{ lt 1 2 }} => "true"
{{ lt 2 1 }} => "false"
{{ lt 1.5 2.5 }} => "true"
{{ lt "a" "b" }} => "true"
{{ lt "B" "a" }} => "true"
{{ lt 1 1.5 }} => error
{{ lt "a" 1 }} => error
{{ lt true false }} => error
{{ lt nil 1 }} => error
{{ le 1 1 }} => "true"
{{ le "b" "a" }} => "false"
{{ gt 2 1 }} => "true"
{{ gt (int64 2) 1 }} => "true"
{{ ge 2 2 }} => "true"
{{ ge 1.0 2.0 }} => "false"
{{ ge "x" "x" }} => "true"
{{ lt -1 (index "a" 0) }} => "true"
{{ gt (index "a" 0) -1 }} => "true"
{{ and true 0 }} => "0"
{{ and 1 "" (fail "not reached") }} => ""
{{ and 1 2 3 }} => "3"
{{ or 0 "" "x" (fail "not reached") }} => "x"
{{ or 0 "" }} => ""
{{ or .missing "d" }} => "d"
{{ and .missing (fail "no") }} => "\u003cno value\u003e"
{{ not 0 }} => "true"
{{ not "x" }} => "false"
{{ not .missing }} => "true"
{{ not (list) }} => "true"
{{ not 1 2 }} => error
)cases");
}

TEST_CASE("template cases: index, slice and len", "[go_template]") {
  check_cases(R"cases(
{{ index (list "a" "b") 1 }} => "b"
{{ index (list "a") 1 }} => error
{{ index (list "a") -1 }} => error
{{ index (dict "k" "v") "k" }} => "v"
{{ index (dict "k" "v") "x" }} => "\u003cno value\u003e"
{{ index (dict "k" (dict "l" 5)) "k" "l" }} => "5"
{{ index (dict "k" "v") 1 }} => error
{{ index "abc" 1 }} => "98"
{{ index "abc" 3 }} => error
{{ index 5 0 }} => error
{{ index nil 0 }} => error
{{ index . "a" }} => "x"
{{ index . "missing" }} => "\u003cno value\u003e"
{{ index (list 1) }} => "[1]"
{{ index (list (list 1 2)) 0 1 }} => "2"
{{ len "abc" }} => "3"
{{ len "é" }} => "2"
{{ len (list 1 2) }} => "2"
{{ len (dict "a" 1) }} => "1"
{{ len 5 }} => error
{{ len nil }} => error
{{ len .missing }} => error
{{ slice (list 1 2 3) 1 }} => "[2 3]"
{{ slice (list 1 2 3) 1 2 }} => "[2]"
{{ slice (list 1 2 3) 3 }} => "[]"
{{ slice (list 1 2 3) 2 1 }} => error
{{ slice (list 1 2 3) 0 9 }} => error
{{ slice "abc" 1 }} => error
{{ slice (list 1 2) }} => "[1 2]"
{{ call 1 }} => error
{{ call nil }} => error
{{ call .a }} => error
)cases");
}

TEST_CASE("template cases: what is known only at run time", "[go_template]") {
  check_cases(R"cases(
{{ $q := 5 }}{{ if false }}{{ $q := 1 }}{{ else }}{{ $q }}{{ end }} => "5"
{{ $q := 5 }}{{ if false }}{{ $q := 1 }}{{ else }}{{ $q = 7 }}{{ end }}{{ $q }} => "7"
{{ $q := 3 }}{{ if false }}{{ $q := 1 }}{{ else }}{{ $q := add $q 1 }}{{ $q }}{{ end }}{{ $q }} => "43"
{{ $q := 3 }}{{ if false }}{{ $q := 1 }}{{ else if true }}{{ $q }}{{ end }} => "3"
{{ $q := 3 }}{{ range list }}{{ $q := 1 }}{{ else }}{{ $q }}{{ end }} => "3"
{{ $q := 3 }}{{ with $q := 0 }}{{ $q := 1 }}{{ else }}{{ $q }}{{ end }} => "0"
{{ if false }}{{ $q := 1 }}{{ else }}{{ $q }}{{ end }} => error
{{ if true }}{{ $q := 1 }}{{ else }}{{ $q }}{{ end }}x => "x"
{{ if false }}{{ $q := 1 }}{{ else }}{{ $q = 2 }}{{ end }} => error
{{ if true }}{{ $q := 1 }}{{ end }}{{ $q }} => refused
{{ if false }}{{ 18446744073709551615 }}{{ end }}x => "x"
{{ 18446744073709551615 }} => error
{{ print 0xFFFFFFFFFFFFFFFF }} => error
{{ round 1.5 0 18446744073709551615 }} => "1"
{{ 18446744073709551616 }} => refused
{{ print 0x1e1 -0x1e1 +0x1e1 }} => "481 -481 481"
{{ lt -0x1e1 3.0 }} => "true"
{{ .é }} => "\u003cno value\u003e"
{{ .日本 }} => "\u003cno value\u003e"
{{ index (split "," "x") nil }} => error
{{ range list nil }}{{ get . "a" }}{{ end }} => error
{{ get nil "a" }} => ""
{{ get .none "a" }} => ""
{{ set nil "k" 1 }} => error
{{ set .none "k" 1 }} => error
{{ merge nil (dict "a" 1) }} => "map[a:1]"
{{ ((toDate "2006-01-02T15:04Z07:00" "1969-12-31T00:00Z").Truncate 604800000000000).UTC.Format "2006-01-02" }} => "1969-12-29"
{{ range list 1 2 }}{{ range list }}{{ else }}a{{ break }}b{{ end }}{{ . }}{{ end }} => "a1a2"
{{ range list 1 2 }}{{ range list }}{{ else }}a{{ continue }}b{{ end }}{{ . }}{{ end }} => "aa"
{{ range list 1 2 }}{{ range 0 }}{{ else }}{{ if true }}{{ break }}{{ end }}b{{ end }}{{ . }}{{ end }} => "12"
{{ range list 1 2 }}{{ range list 3 }}{{ break }}{{ else }}a{{ end }}{{ . }}{{ end }} => "12"
)cases");
}

TEST_CASE("template cases: methods", "[go_template]") {
  check_cases(R"cases(
{{ dateInZone "15" (now.Add 3600000000000) "UTC" }} => "11"
{{ dateInZone "15" (now.Add 36e11) "UTC" }} => "11"
{{ now.Add (int64 5) }} => error
{{ now.Add 1.5 }} => error
{{ now.AddDate 0 0 (int64 1) }} => error
{{ (now.UTC.AddDate 0 0 1e1).Day }} => "17"
{{ 3600000000000 | now.Truncate }} => error
{{ (now.Truncate 3600000000000).Unix }} {{ (now.Round 3600000000000).Unix }} => "1762509600 1762513200"
{{ (now.Sub (toDate "2006-01-02T15:04Z07:00" "2025-11-07T00:00Z")).Round 60000000000 }} => "10h30m0s"
{{ ((toDate "2006-01-02T15:04Z07:00" "2025-11-07T00:00Z").Sub now).Round 3600000000000 }} => "-11h0m0s"
{{ ((toDate "2006-01-02T15:04Z07:00" "2025-11-07T00:00Z").Sub now).Truncate 3600000000000 }} => "-10h0m0s"
{{ ((toDate "2006-01-02T15:04Z07:00" "2025-11-07T00:00Z").Sub now).Abs }} => "10h30m15.25s"
{{ now.Truncate 0 | unixEpoch }} => "1762511415"
{{ .none.Foo (fail "no") }} => "\u003cno value\u003e"
{{ now.Year 1 }} => error
)cases");
}

TEST_CASE("template cases: printf in corners", "[go_template]") {
  check_cases(R"cases(
{{ printf "%#O|%O|%#o|%#.3o|%#.1o" 7 7 7 7 7 }} => "0o07|0o7|07|007|07"
{{ printf "%#06x|%#06x|%#08b|%08O|%#05o" 255 -255 5 8 8 }} => "0x0000ff|-0x000ff|0b00000101|0o00000010|00010"
{{ printf "%06d" (list 1 2) }} => "[000001 000002]"
{{ printf "%06v" (list (float64 "inf") 1.5) }} => "[  +Inf 0001.5]"
{{ printf "%+.0d|% 3.0d|%03.0d|" 0 0 0 }} => "|   |   |"
{{ printf "%.2T|%8.2T|%.2T" 1 "x" nil }} => "in|      st|\u003cnil\u003e"
{{ printf "%[1]6d" 1 }} => "%!d(BADINDEX)"
{{ printf "%[1].2f" 1.5 }} => "%!f(BADINDEX)"
{{ printf "%[x][1]d" 1 }} => "%!d(BADINDEX)"
{{ printf "%[]" 1 }} => "%!](BADINDEX)"
{{ printf "%." 1 }} => "%!.(int=1)"
{{ printf "%5." 1 }} => "%!.(int=    1)"
{{ printf "%99999999d|%d" 1 2 }} => "%!(NOVERB)%!(EXTRA int=1, int=2)"
{{ printf "%#q|%#q|%#q" "a\tb" "\ufeff" "a`b" }} => "`a\tb`|\"\\ufeff\"|\"a`b\""
{{ printf "%#.9v" now.UTC }} => "time.Date"
{{ printf "%T" (chunk 2 (list 1 2 3)) }} => "[][]interface {}"
)cases");
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
