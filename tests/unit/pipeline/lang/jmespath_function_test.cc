// Functions, and expressions that are refused.
#include "tests/unit/pipeline/lang/jmespath_cases.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("JMESPath cases: functions of numbers", "[jmespath]") {
  check_cases(
      R"json({"n":[3,1,2],"neg":-2.5,"pos":2.5,"s":"hello","u":"žluť","w":["b","a","c"],"e":[],"mix":[1,"a"],"o":{"k":1},"eo":{},"t":true,"z":null,"p":[{"a":2,"b":"y"},{"a":1,"b":"x"},{"a":2,"b":"w"}],"num":"-7.25","bad":"7x","nest":[[1,2],[3]],"nulls":[null,1,null]})json",
      R"cases(
abs(neg) => 2.5
abs(pos) => 2.5
abs(s) => error
abs(n) => error
abs(missing) => error
abs() => error
abs(neg, pos) => error
ceil(pos) => 3
ceil(neg) => -2
ceil(`2`) => 2
ceil(s) => error
floor(pos) => 2
floor(neg) => -3
floor(z) => error
avg(n) => 2
avg(e) => unprintable
avg(mix) => error
avg(w) => error
avg(s) => error
sum(n) => 6
sum(e) => 0
sum(mix) => error
sum(nest) => error
sum(nest[0]) => 3
max(n) => 3
max(w) => "c"
max(e) => null
max(mix) => error
max(s) => error
min(n) => 1
min(w) => "a"
min(e) => null
min(nest) => error
to_number(num) => -7.25
to_number(bad) => null
to_number(pos) => 2.5
to_number(t) => null
to_number(z) => null
to_number(n) => null
to_number('1e3') => 1000
to_number('0x10') => null
to_number('1_000') => 1000
to_number('') => null
to_number(' 1') => null
to_number('inf') => unprintable
n[?@ > avg($n)] => refused
)cases");
}

TEST_CASE("JMESPath cases: functions of texts", "[jmespath]") {
  check_cases(
      R"json({"n":[3,1,2],"neg":-2.5,"pos":2.5,"s":"hello","u":"žluť","w":["b","a","c"],"e":[],"mix":[1,"a"],"o":{"k":1},"eo":{},"t":true,"z":null,"p":[{"a":2,"b":"y"},{"a":1,"b":"x"},{"a":2,"b":"w"}],"num":"-7.25","bad":"7x","nest":[[1,2],[3]],"nulls":[null,1,null]})json",
      R"cases(
contains(s, 'ell') => true
contains(s, '') => true
contains(s, 'x') => false
contains(s, `1`) => false
contains(w, 'a') => true
contains(w, 'z') => false
contains(n, `1`) => true
contains(n, '1') => false
contains(mix, 'a') => true
contains(nulls, z) => true
contains(o, 'k') => error
contains(t, `true`) => error
contains(e, `1`) => false
ends_with(s, 'lo') => true
ends_with(s, '') => true
ends_with(s, 'x') => false
ends_with(n, 'x') => error
ends_with(s, `1`) => error
starts_with(s, 'he') => true
starts_with(s, s) => true
starts_with(u, 'ž') => true
starts_with(z, 'a') => error
join('-', w) => "b-a-c"
join('', w) => "bac"
join(',', e) => ""
join(',', n) => error
join(`1`, w) => error
join(',', s) => error
length(s) => 5
length(u) => 4
length(n) => 3
length(e) => 0
length(o) => 1
length(eo) => 0
length(t) => error
length(z) => error
length(pos) => error
reverse(s) => "olleh"
reverse(u) => "ťulž"
reverse(n) => [2,1,3]
reverse(e) => []
reverse(o) => error
reverse('') => ""
to_string(s) => "hello"
to_string(pos) => "2.5"
to_string(`1`) => "1"
to_string(t) => "true"
to_string(z) => "null"
to_string(n) => "[3,1,2]"
to_string(o) => "{\"k\":1}"
to_string(p[0]) => "{\"a\":2,\"b\":\"y\"}"
to_string('<&>') => "\u003c\u0026\u003e"
to_string(`["<"]`) => "[\"\\u003c\"]"
to_string(missing) => "null"
type(s) => "string"
type(n) => "array"
type(o) => "object"
type(t) => "boolean"
type(z) => "null"
type(pos) => "number"
type(missing) => "null"
type(&s) => error
)cases");
}

TEST_CASE("JMESPath cases: functions of lists and objects", "[jmespath]") {
  check_cases(
      R"json({"n":[3,1,2],"neg":-2.5,"pos":2.5,"s":"hello","u":"žluť","w":["b","a","c"],"e":[],"mix":[1,"a"],"o":{"k":1},"eo":{},"t":true,"z":null,"p":[{"a":2,"b":"y"},{"a":1,"b":"x"},{"a":2,"b":"w"}],"num":"-7.25","bad":"7x","nest":[[1,2],[3]],"nulls":[null,1,null]})json",
      R"cases(
keys(o) => ["k"]
keys(eo) => []
keys(n) => error
keys(z) => error
values(o) => [1]
values(eo) => []
values(w) => error
map(&a, p) => [2,1,2]
map(&@, n) => [3,1,2]
map(&missing, p) => [null,null,null]
map(&a, o) => error
map(a, p) => error
map(&to_string(@), n) => ["3","1","2"]
map(&[a, b], p) => [[2,"y"],[1,"x"],[2,"w"]]
max_by(p, &a) => {"a":2,"b":"y"}
max_by(p, &b).b => "y"
min_by(p, &a) => {"a":1,"b":"x"}
min_by(p, &b).b => "w"
max_by(p, &missing) => error
max_by(e, &a) => null
max_by(n, &@) => 3
min_by(n, &@) => 1
max_by(p, a) => error
max_by(o, &a) => error
max_by(p, &z) => error
sort(n) => [1,2,3]
sort(w) => ["a","b","c"]
sort(e) => []
sort(mix) => error
sort(s) => error
sort(nest) => error
sort_by(p, &a)[*].b => ["x","y","w"]
sort_by(p, &b)[*].a => [2,1,2]
sort_by(p, &missing) => error
sort_by(e, &a) => []
sort_by(mix, &@) => error
sort_by(p, `1`) => error
merge(o, eo) => {"k":1}
merge(o, `{"k":2,"j":3}`) => {"j":3,"k":2}
merge(o) => {"k":1}
merge(eo, o).k => 1
merge() => error
not_null(z, missing, s) => "hello"
not_null(z) => null
not_null(z, e) => []
not_null() => error
not_null(t, s) => true
to_array(s) => ["hello"]
to_array(n) => [3,1,2]
to_array(o) => [{"k":1}]
to_array(z) => [null]
to_array(nest) => [[1,2],[3]]
to_array(&a) => [{}]
nosuch(s) => error
nosuch() => error
length(nosuch(s)) => error
p[*].to_string(a) => ["2","1","2"]
p[*].length(b) => [1,1,1]
n | length(@) => 3
n[*].to_string(@) => ["3","1","2"]
join(',', n[*].to_string(@)) => "3,1,2"
sum(p[*].a) => 5
max_by(p, &to_number(a)).b => "y"
sort(keys(merge(o, `{"a":0}`))) => ["a","k"]
length(p[?a == `2`]) => 2
not_null(p[5], p[0]).b => "y"
map(&[0], nest) => [1,3]
reverse(sort(n))[0] => 3
sort(n)[-1] => 3
min(map(&a, p)) => 1
abs(neg) > abs(pos) => false
abs(neg) == abs(pos) => true
length(s) == length(u) => false
!contains(s, 'z') => true
contains(s, 'e') && t => true
{total: sum(n), first: sort(n)[0]} => {"first":1,"total":6}
[length(n), length(w)] => [3,3]
s.length(@) => 5
n[].abs(@) => [3,1,2]
o.*.to_string(@) => ["null","1"]
)cases");
}

TEST_CASE("JMESPath cases: refused", "[jmespath]") {
  check_cases(R"json(null)json", R"cases(
. => refused
a. => refused
.a => refused
a..b => refused
a.b. => refused
a b => refused
a.1 => refused
a[ => refused
a] => refused
a[]] => refused
[ => refused
[]]x => refused
[a => refused
[a, => refused
[,a] => refused
[a,,b] => refused
{ => refused
{a => refused
{a: => refused
{a:} => refused
{a:b => refused
{a:b, => refused
{:b} => refused
{} => refused
{"a"} => refused
( => refused
(a => refused
a) => refused
() => refused
a[? => refused
a[?b => refused
a[?] => refused
a[b] => refused
a["b"] => refused
a[1 => refused
a[1:2:3:4] => refused
a[1:b] => refused
a[--1] => refused
a[1.5] => refused
a[-] => refused
a.*b => refused
*a => refused
a** => refused
* * => refused
a[*]b => refused
a[*]. => refused
a[*][ => refused
& => refused
a & => refused
&& => refused
a && => refused
a && && b => refused
|| => refused
a || => refused
a || || b => refused
| => refused
a | => refused
| a => refused
a | | b => refused
== => refused
a == => refused
== a => refused
a == == b => refused
a = b => refused
a <> b => refused
! => refused
a! => refused
a ! b => refused
!! => refused
f( => refused
f(a => refused
f(a, => refused
f(a)) => refused
"f"(a) => refused
"a => refused
a" => refused
'a => refused
a' => refused
`a => refused
a` => refused
`a` => refused
`{` => refused
"\x" => refused
# => refused
a# => refused
$ => refused
a.$ => refused
% => refused
a%b => refused
a+b => refused
a-b => refused
-a => refused
1 => refused
1a => refused
a.-1 => refused
é => refused
a.é => refused
@a => refused
@@ => refused
a@ => refused
a.@ => refused
a.[ => refused
a.{ => refused
a.{} => refused
a.(b) => refused
a.[]x => refused
a,b => refused
a:b => refused
\ => refused
"\ud800" => null
a.'b' => refused
a.`1` => refused
foo[?a==] => refused
foo[?==a] => refused
foo.[*]x => refused
[* => refused
[*a => refused
*. => refused
*[ => refused
a.&b => refused
[1,2 => refused
[0 => error
[0: => error
a ? b => refused
)cases");
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
