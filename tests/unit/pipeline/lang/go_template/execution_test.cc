#include <catch2/catch.hpp>

#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

const TextMap kData = {{"a", "foo"}, {"b", "Bar"}, {"empty", ""}, {"n", "42"}};

TEST_CASE("control structures", "[go_template]") {
  const Row rows[] = {
      {"{{ if .a }}T{{ else }}F{{ end }}", "T"},
      {"{{ if .empty }}T{{ else }}F{{ end }}", "F"},
      {"{{ if .none }}T{{ end }}", ""},
      {"{{ if 0 }}1{{ else if 0.0 }}2{{ else if list }}3{{ else if dict }}4{{ else }}5{{ end }}", "5"},
      {"{{ with .a }}[{{ . }}|{{ $.b }}]{{ end }}", "[foo|Bar]"},
      {"{{ with .none }}x{{ else }}{{ .b }}{{ end }}", "Bar"},
      {"{{ with $x := .a }}{{ $x }}{{ . }}{{ end }}", "foofoo"},
      {"{{ range list 1 2 3 }}<{{ . }}>{{ end }}", "<1><2><3>"},
      {"{{ range $i, $e := list `x` `y` }}{{ $i }}{{ $e }}{{ end }}", "0x1y"},
      {"{{ range $e := list `x` `y` }}{{ $e }}{{ . }}{{ end }}", "xxyy"},
      {"{{ range list }}x{{ else }}none{{ end }}", "none"},
      {"{{ range .none }}x{{ else }}none{{ end }}", "none"},
      {"{{ range $k, $v := dict `b` 2 `a` 1 }}{{ $k }}={{ $v }};{{ end }}", "a=1;b=2;"},
      {"{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}", "a=foo;b=Bar;empty=;n=42;"},
      {"{{ range 3 }}{{ . }}{{ end }}", "012"},
      {"{{ range $i := 2 }}{{ $i }}{{ end }}", "01"},
      {"{{ range 0 }}x{{ else }}none{{ end }}", "none"},
      {"{{ range -1 }}x{{ else }}none{{ end }}", "none"},
      {"{{ range .a }}x{{ end }}", "error: range can't iterate over string"},
      {"{{ range until 5 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}", "012"},
      {"{{ range until 5 }}{{ if eq . 1 3 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "024"},
      {"{{ range until 2 }}{{ range until 9 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end "
       "}};{{ end }}",
       "01;01;"},
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
      {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"},
      {"{{ $x := 1 }}{{ $x := add $x 1 }}{{ $x }}", "2"},
      {"{{ $n := 0 }}{{ range until 4 }}{{ $n = add $n . }}{{ end }}{{ $n }}", "6"},
      {"{{ $i := 0 }}{{ $e := 0 }}{{ range $i, $e = list 7 8 }}{{ end }}{{ $i }}{{ $e }}", "18"},
      {"{{ $x := $x }}", "error: undefined variable: $x"},
      {"{{ $y = 1 }}", "error: undefined variable"},
  };
  check_all(rows, kData);
}

TEST_CASE("fields, variables and what is missing", "[go_template]") {
  const Row rows[] = {
      {"{{ .none }}", "<no value>"},
      {"{{ .none.more }}", "<no value>"},
      {"{{ .a.b }}", "error: can't evaluate field b"},
      {"{{ $.a }}", "foo"},
      {"{{ $d := dict `x` (dict `y` 5) }}{{ $d.x.y }} {{ $d.x.z }} {{ ($d.x).y }}", "5 <no value> 5"},
      {"{{ (dict `x` nil).x.y }}", "error: nil pointer evaluating interface {}.y"},
      {"{{ (index (list (dict `x` 1)) 0).x }}", "1"},
      {"{{ list nil .none }}", "[<nil> <nil>]"},
      {"{{ index (list nil) 0 }}", "<no value>"},
      {"{{ index . `a` }} {{ index . `none` }}", "foo <no value>"},
      {"{{ $_ := set . `a` `new` }}{{ .a }} {{ $.a }} {{ .b }}", "new new Bar"},
      {"{{ .a 1 }}", "error: not a method but has arguments: a"},
      {"{{ 1 2 }}", "error: can't give argument to non-function 1"},
      {"{{ nil }}", "error: nil is not a command"},
      {"{{ dict.x }}", "<no value>"},
      {"{{ (1 | add 2) }}", "3"},
  };
  check_all(rows, kData);
  CHECK(render("{{ index . `none` }}{{ .none }}", kData, GoTemplate::DataType::kMapOfString) == "<no value>");
  CHECK(render("{{ typeOf . }} {{ typeOf (index . `a`) }}", kData) == "map[string]interface {} string");
  CHECK(render("{{ typeOf . }}", kData, GoTemplate::DataType::kMapOfString) == "map[string]string");
}

TEST_CASE("arguments have to be of the right number and type", "[go_template]") {
  const Row rows[] = {
      {"{{ ToUpper }}", "error: wrong number of args for ToUpper"},
      {"{{ ToUpper .a .b }}", "error: wrong number of args for ToUpper"},
      {"{{ .a | ToUpper .b }}", "error: wrong number of args for ToUpper"},
      {"{{ if false }}{{ ToUpper }}{{ end }}fine", "fine"},
      {"{{ ToUpper .none }}", "error: invalid value; expected string"},
      {"{{ ToUpper 1 }}", "error: expected string; found 1"},
      {"{{ ToUpper nil }}", "error: cannot assign nil to string"},
      {"{{ ToUpper (add 1 1) }}", "error: wrong type for value; expected string"},
      {"{{ trunc `1` .a }}", "error: expected integer; found `1`"},
      {"{{ trunc .n .a }}", "error: wrong type for value; expected int"},
      {"{{ trunc (int64 2) .a }}", "error: wrong type for value; expected int"},
      {"{{ trunc (int .n) .a }} {{ trunc 1e0 .a }}", "foo f"},
      {"{{ trunc 1.5 .a }}", "error: expected integer; found 1.5"},
      {"{{ ternary 1 2 `x` }}", "error: expected bool; found `x`"},
      {"{{ get (split `,` .a) `_0` }}", "error: wrong type for value; expected map[string]interface {}"},
      {"{{ keys `x` }}", "error: can't handle a constant for arg of type map[string]interface {}"},
      {"{{ keys .none }}", "[]"},
      {"{{ round 1.23456 3 }} {{ round 1.5 0 0.6 }} {{ round 2 0 1 }}", "1.235 1 2"},
      {"{{ fail `on purpose` }}", "error: on purpose"},
  };
  check_all(rows, kData);
}

TEST_CASE("and, or and not", "[go_template]") {
  const Row rows[] = {
      {"{{ and .a .b }} {{ and .a .empty .b }}|{{ or .empty .b }} {{ or .empty 0 }}", "Bar |Bar 0"},
      {"{{ not .a }} {{ not .none }}", "false true"},
      {"{{ or .a (fail `never`) }} {{ and .empty (fail `never`) }}x", "foo x"},
      {"{{ .b | and .a }} {{ .b | or .a }}", "Bar foo"},
      {"{{ and true (or false 1) }}", "1"},
      {"{{ and }}", "error: wrong number of args for and"},
  };
  check_all(rows, kData);
}

TEST_CASE("comparisons", "[go_template]") {
  const Row rows[] = {
      {"{{ eq 1 1 }} {{ eq 1 2 }} {{ eq 1 2 1 }} {{ eq .a `foo` }}", "true false true true"},
      {"{{ eq 1 (int64 1) }} {{ lt (int64 1) 2 }} {{ eq (index .a 0) 102 }}", "true true true"},
      {"{{ eq 1.0 1 }}", "error: incompatible types for comparison"},
      {"{{ eq 1 `1` }}", "error: incompatible types for comparison"},
      {"{{ eq .none .a }} {{ eq .none nil }} {{ ne .none .a }}", "false true true"},
      {"{{ eq .a }}", "error: missing argument for comparison"},
      {"{{ eq (list 1) (list 1) }}", "error: non-comparable type []interface {}"},
      {"{{ eq true true }} {{ ne true false }}", "true true"},
      {"{{ lt true false }}", "error: invalid type for comparison"},
      {"{{ lt .none 1 }}", "error: invalid type for comparison"},
      {"{{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ ge 2 2 }}", "true true false true"},
      {"{{ lt `a` `b` }} {{ lt 1.5 2.5 }}", "true true"},
      {"{{ lt 1 `b` }}", "error: incompatible types for comparison"},
      {"{{ lt -1 (index .a 0) }} {{ gt (semver `2.0.0`).Major 1 }}", "true true"},
  };
  check_all(rows, kData);
}

TEST_CASE("len and index", "[go_template]") {
  const Row rows[] = {
      {"{{ len .a }} {{ len (list 1 2) }} {{ len (dict `x` 1) }} {{ len `\u017E` }}", "3 2 1 2"},
      {"{{ len 3 }}", "error: len of type int"},
      {"{{ len .none }}", "error: len of untyped nil"},
      {"{{ index .a 0 }} {{ index (list (list 1 2)) 0 1 }}", "102 2"},
      {"{{ index .a 3 }}", "error: index out of range"},
      {"{{ index .a -1 }}", "error: index out of range"},
      {"{{ index .a `x` }}", "error: cannot index slice/array with type string"},
      {"{{ index 1 1 }}", "error: can't index item of type int"},
      {"{{ index (dict `x` 1) 1 }}", "error: value is not a key of the map; its type is int"},
      {"{{ index .none 1 }}", "error: index of untyped nil"},
      {"{{ call .a }}", "error: error calling call: non-function of type string"},
  };
  check_all(rows, kData);
}

TEST_CASE("a template that asks for too much fails", "[go_template]") {
  const std::string_view templates[] = {
      "{{ until 1000000000 }}",
      "{{ range until 9000000 }}{{ range until 9000000 }}x{{ end }}{{ end }}",
      "{{ range 9000000000 }}{{ end }}",
      "{{ repeat 1000000000 `x` }}",
      "{{ repeat 1000000000 `xy` }}",
      "{{ seq 1 1000000000 }}",
      "{{ randAlpha 1000000000 }}",
      "{{ randBytes 1000000000000 }}",
      "{{ indent 1000000000 `x` }}",
      "{{ printf "
      "`%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d%1000000d`"
      " 1 2 3 4 5 6 7 8 9 | repeat 100 }}",
      "{{ $x := `xxxxxxxxxx` }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}{{ $x }}",
      "{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
      "{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}",
      "{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}{{ deepEqual $x (list "
      "$x) }}"
      "{{ deepEqual $x (deepCopy $x) }}",
      "{{ $d := dict }}{{ $_ := set $d `self` $d }}{{ $d }}",
      "{{ $d := dict }}{{ $_ := set $d `self` $d }}{{ toJson $d }}",
      "{{ $d := dict }}{{ $_ := set $d `self` $d }}{{ deepCopy $d }}",
      "{{ $d := dict }}{{ range until 900000 }}{{ $_ := set $d (toString .) . }}{{ end }}",
      "{{ range until 9000000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}",
  };
  for (const std::string_view text : templates) {
    INFO(text);
    CHECK(render(text).starts_with("error: "));
  }
}

TEST_CASE("an endless range over a growing map ends", "[go_template]") {
  CHECK(render("{{ $d := dict `a` 1 }}{{ range $k, $v := $d }}{{ $_ := set $d (print $k `x`) 1 "
               "}}{{ end }}"
               "{{ $d }}") == "map[a:1 ax:1]");
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
