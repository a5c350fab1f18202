// Names, lists, objects, filters, operators, literals, selections and pipes.
#include "tests/unit/pipeline/lang/jmespath_cases.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("JMESPath cases: identifiers", "[jmespath]") {
  check_cases(
      R"json({"plain":1,"with space":2,"with-dash":3,"with.dot":4,"ünï":5,"":6,"quo\"te":7,"back\\slash":8,"tab\t":9,"0digit":10,"_u":11,"A":12,"nested":{"plain":{"deep":[1,{"k":"v"}]}},"null":null,"true":13,"list":14})json",
      R"cases(
plain => 1
"plain" => 1
_u => 11
A => 12
a => null
"with space" => 2
"with-dash" => 3
"with.dot" => 4
"ünï" => 5
"\u00fcn\u00ef" => 5
"" => 6
"quo\"te" => 7
"back\\slash" => 8
"tab\t" => 9
"0digit" => 10
null => null
true => 13
list => 14
nested.plain => {"deep":[1,{"k":"v"}]}
nested."plain" => {"deep":[1,{"k":"v"}]}
"nested".plain.deep => [1,{"k":"v"}]
nested.missing.deep => null
plain.deep => null
nested.plain.deep.k => null
@.nested.plain => {"deep":[1,{"k":"v"}]}
@ => {"":6,"0digit":10,"A":12,"_u":11,"back\\slash":8,"list":14,"nested":{"plain":{"deep":[1,{"k":"v"}]}},"null":null,"plain":1,"quo\"te":7,"tab\t":9,"true":13,"with space":2,"with-dash":3,"with.dot":4,"ünï":5}
nested . plain => {"deep":[1,{"k":"v"}]}
)cases");
}

TEST_CASE("JMESPath cases: indexes and slices", "[jmespath]") {
  check_cases(
      R"json({"n":[0,1,2,3,4,5],"e":[],"m":[[1,2],[3,[4,5]],[],6,null],"o":[{"a":1},{"a":2,"b":[7,8]},{"b":[9]},null,"s"],"s":"text","z":null})json",
      R"cases(
n[0] => 0
n[5] => 5
n[6] => null
n[-1] => 5
n[-6] => 0
n[-7] => null
n[00] => 0
n[-0] => 0
e[0] => null
s[0] => null
z[0] => null
missing[0] => null
n[:] => [0,1,2,3,4,5]
n[1:] => [1,2,3,4,5]
n[:2] => [0,1]
n[1:4] => [1,2,3]
n[1:4:2] => [1,3]
n[::2] => [0,2,4]
n[::3] => [0,3]
n[::-1] => [5,4,3,2,1,0]
n[::-2] => [5,3,1]
n[4:1:-1] => [4,3,2]
n[4:1] => []
n[-3:] => [3,4,5]
n[:-3] => [0,1,2]
n[-4:-1] => [2,3,4]
n[-1:-4:-1] => [5,4,3]
n[10:] => []
n[:10] => [0,1,2,3,4,5]
n[-10:] => [0,1,2,3,4,5]
n[:-10] => []
n[10::-1] => [5,4,3,2,1,0]
n[:2:-1] => [5,4,3]
n[2::-1] => [2,1,0]
n[0:0] => []
n[::0] => error
e[:] => []
e[::-1] => []
s[:1] => null
z[:] => null
n[1:][0] => []
n[::2][1:] => []
o[:2].a => [1,2]
o[1:].b[0] => [7,9]
m[0][1] => 2
m[1][1][0] => 4
m[::2][0] => [1]
n[ 1 : 3 ] => [1,2]
n[1:3:1] => [1,2]
n[1:3:] => [1,2]
n[::] => [0,1,2,3,4,5]
)cases");
}

TEST_CASE("JMESPath cases: projections over lists", "[jmespath]") {
  check_cases(
      R"json({"n":[0,1,2,3,4,5],"e":[],"m":[[1,2],[3,[4,5]],[],6,null],"o":[{"a":1},{"a":2,"b":[7,8]},{"b":[9]},null,"s"],"s":"text","z":null})json",
      R"cases(
n[*] => [0,1,2,3,4,5]
e[*] => []
s[*] => null
z[*] => null
missing[*] => null
o[*] => [{"a":1},{"a":2,"b":[7,8]},{"b":[9]},"s"]
o[*].a => [1,2]
o[*].b => [[7,8],[9]]
o[*].b[*] => [[7,8],[9]]
o[*].b[0] => [7,9]
o[*].b[] => [7,8,9]
o[*].missing => []
m[*] => [[1,2],[3,[4,5]],[],6]
m[*][0] => [1,3]
m[*][*] => [[1,2],[3,[4,5]],[]]
m[] => [1,2,3,[4,5],6]
m[][] => [1,2,3,4,5,6]
m[][][] => [1,2,3,4,5,6]
m[] | [0] => 1
m[*][] | [0] => 1
o[].a => [1,2]
o[].b[] => [7,8,9]
o[*].b | [0] => [7,8]
o[*].b | [0][1] => 8
(o[*].b)[0] => [7,8]
o[*].b[0] | [1] => 9
[o[*].a, n[0]] => [[1,2],0]
o[*].{a: a, n: length(b || `[]`)} => [{"a":1,"n":0},{"a":2,"n":2},{"a":null,"n":1},{"a":null,"n":0}]
o[*].[a, b[0]] => [[1,null],[2,7],[null,9],[null,null]]
s[] => null
z[] => null
e[] => []
n[] => [0,1,2,3,4,5]
o[*].a | sort(@) => [1,2]
o[*].* => [[1],[2,[7,8]],[[9]]]
o[1].*[] => [2,7,8]
o[*].a.b => []
@.o[*].a => [1,2]
o.a => null
n[*].[@] => [[0],[1],[2],[3],[4],[5]]
n[*].{v: @} => [{"v":0},{"v":1},{"v":2},{"v":3},{"v":4},{"v":5}]
)cases");
}

TEST_CASE("JMESPath cases: projections over objects", "[jmespath]") {
  check_cases(R"json({"one":{"v":{"x":1}}})json", R"cases(
* => [{"v":{"x":1}}]
*.v => [{"x":1}]
*.v.x => [1]
*.* => [[{"x":1}]]
*.*.* => [[[1]]]
*.*.*.* => [[[]]]
one.* => [{"x":1}]
one.*.x => [1]
one.v.* => [1]
one.v.x.* => null
missing.* => null
*.missing => []
* | [0] => {"v":{"x":1}}
* | [0].v.x => 1
(*)[0].v => {"x":1}
*.v | [0] => {"x":1}
*[0] => []
*[] => [{"v":{"x":1}}]
*.v[] => [{"x":1}]
*.[v] => [[{"x":1}]]
*.{w: v.x} => [{"w":1}]
one.* | [0].x => 1
@.* => [{"v":{"x":1}}]
[*] => null
*.v.x | sum(@) => 1
)cases");
}

TEST_CASE("JMESPath cases: filters", "[jmespath]") {
  check_cases(
      R"json({"p":[{"n":"a","q":1,"t":true,"l":[1]},{"n":"b","q":2,"t":false,"l":[]},{"n":"c","q":3,"l":[2,3]},{"n":"","q":0,"t":null},{"q":"2"}],"lim":2,"o":{"k":1},"w":["x","y","xy"]})json",
      R"cases(
p[?t].n => ["a"]
p[?!t].n => ["b","c",""]
p[?q].q => [1,2,3,0,"2"]
p[?n].n => ["a","b","c"]
p[?l].n => ["a","c"]
p[?l[0]].q => [1,3]
p[?q==`2`].n => ["b"]
p[?q!=`2`].q => [1,3,0,"2"]
p[?q>`1`].n => ["b","c"]
p[?q>=`1`].n => ["a","b","c"]
p[?q<`1`].q => [0]
p[?q<=`1`].q => [1,0]
p[?n=='b'].q => [2]
p[?n=="b"].q => ["2"]
p[?n==`"b"`].q => [2]
p[?q=='2'].q => ["2"]
p[?n<'b'].q => []
p[?t==`true`].n => ["a"]
p[?t==`false`].n => ["b"]
p[?t==`null`].q => [3,0,"2"]
p[?missing==`null`].q => [1,2,3,0,"2"]
p[?q>`1` && n].n => ["b","c"]
p[?q>`2` || t].n => ["a","c"]
p[?!(q>`1`)].q => [1,0,"2"]
p[?(q>`1` || t) && l].n => ["a","c"]
p[?q>`1`] | [0].n => "b"
p[?q>`1`][0] => []
p[?q>`1`].l[0] => [2]
p[?q>`1`].l[] => [2,3]
p[?contains(n || '', 'b')].q => [2]
p[?length(l || `[]`) == `1`].n => ["a"]
p[?starts_with(n, 'a')].n => error
p[?l[?@ > `1`]].n => ["c"]
w[?@ == 'x'] => ["x"]
w[?contains(@, 'x')] => ["x","xy"]
w[?length(@) > `1`] => ["xy"]
o[?k] => null
lim[?@] => null
missing[?a] => null
p[?`true`].q => [1,2,3,0,"2"]
p[?`false`].q => []
p[?@].q => [1,2,3,0,"2"]
p[?q > q].q => []
p[?q == q].q => [1,2,3,0,"2"]
p[?l == `[1]`].n => ["a"]
p[?[q, n] == `[1, "a"]`].q => [1]
p[?{a: q} == `{"a":1}`].n => ["a"]
p[ ? q == `1` ].n => refused
p[?q==`1`].n | [0] => "a"
p[*] | [?t].n => ["a"]
p[?t][?q].n => []
max_by(p[?type(q) == 'number'], &q).n => "c"
)cases");
}

TEST_CASE("JMESPath cases: comparison and logic", "[jmespath]") {
  check_cases(
      R"json({"a":1,"b":2,"c":1.0,"s":"x","r":"x","t":true,"f":false,"n":null,"e":"","l":[],"o":{},"z":0,"l1":[1],"l2":[1.0],"o1":{"a":1,"b":[2]},"o2":{"b":[2],"a":1}})json",
      R"cases(
a == c => true
a != c => false
a == b => false
a < b => true
b < a => false
a <= c => true
a >= c => true
a > c => false
s == r => true
s != r => false
s < r => null
s > a => null
t == t => true
t == f => false
t > f => null
n == n => true
n == missing => true
n == f => false
e == n => false
l1 == l2 => true
o1 == o2 => true
l == o => false
a == s => false
a == `1` => true
`1` == a => true
s == `"x"` => true
a < n => null
a || b => 1
f || b => 2
n || e => ""
e || l || o || z => 0
z || a => 0
missing || `5` => 5
a && b => 2
f && b => false
z && a => 1
e && a => ""
t && f || a => 1
f && t || a => 1
f || t && n => null
t || t && n => true
(t || t) && n => null
!t => false
!f => true
!n => true
!e => true
!l => true
!o => true
!z => false
!missing => true
!!a => true
!a == b => false
!(a == b) => true
!a || b => 2
!a && b => false
a == b || a == c => true
a == b && a == c => false
a == c && b => 2
a < b == t => true
a || b | @ => 1
(a || b).x => null
t && (f || s) => "x"
n || f || n => null
`0` || a => 0
`""` || a => 1
`[0]` || a => [0]
`{"a":0}` || a => {"a":0}
)cases");
}

TEST_CASE("JMESPath cases: literals", "[jmespath]") {
  check_cases(R"json({"a":1})json", R"cases(
`1` => 1
`-1.5e2` => -150
`"s"` => "s"
`"\u00e9"` => "é"
`"a\"b"` => "a\"b"
`"\`"` => "`"
`true` => true
`null` => null
`[]` => []
`[1, {"a": [null]}]` => [1,{"a":[null]}]
`{"b":1,"a":2}` => {"a":2,"b":1}
`""` => ""
`` => refused
`abc` => refused
`01` => refused
`1 2` => refused
`{a:1}` => refused
`[1,]` => refused
's' => "s"
'' => ""
'a b' => "a b"
'\'' => "'"
'\\' => refused
'\n' => "\\n"
'`' => "`"
'"' => "\""
'é' => "é"
'a\'b\'c' => "a'b'c"
`1` == a => true
[`1`, 'x', a] => [1,"x",1]
{a: `1`, b: 'x'} => {"a":1,"b":"x"}
'a'.b => null
`{"b":{"c":3}}`.b.c => 3
`[1,2]`[1] => 2
`{"b":1}`.* => [1]
`[3,1]` | sort(@) => [1,3]
'raw' | @ => "raw"
`1e400` => refused
`-0` => -0
`12345678901234567890` => 12345678901234567000
)cases");
}

TEST_CASE("JMESPath cases: multi-selects, pipes and parentheses", "[jmespath]") {
  check_cases(R"json({"a":{"b":{"c":1,"d":"x"}},"l":[{"k":1},{"k":2}],"n":null})json", R"cases(
[a.b.c] => [1]
[a.b.c, a.b.d] => [1,"x"]
[a.b.c, missing] => [1,null]
[[a.b.c]] => [[1]]
a.[b] => [{"c":1,"d":"x"}]
a.b.[c, d] => [1,"x"]
a.b.[c, d][0] => 1
a.b.[c, d][*] => [1,"x"]
a.b.[c, d] | [1] => "x"
n.[a] => null
missing.[a] => null
{x: a.b.c} => {"x":1}
{"x y": a.b.c, z: n} => {"x y":1,"z":null}
a.{x: b.c} => {"x":1}
a.b.{c: c, d: d}.c => 1
a.b.{c: c}.* => [1]
n.{a: a} => null
missing.{a: a} => null
l[*].{k: k} => [{"k":1},{"k":2}]
l[*].[k] => [[1],[2]]
l[*].[k][] => [1,2]
l[].{x: k}[?x == `2`] => [{"x":2}]
a | b => {"c":1,"d":"x"}
a | b | c => 1
a | missing | c => null
a.b | [c, d] => [1,"x"]
l | [0] => {"k":1}
l | [*].k => [1,2]
l[*].k | [0] => 1
(a).b => {"c":1,"d":"x"}
(a.b).c => 1
(a | b).c => 1
((a)).b => {"c":1,"d":"x"}
(l[*].k)[0] => 1
(l)[0].k => 1
(l[0]) => {"k":1}
(@) => {"a":{"b":{"c":1,"d":"x"}},"l":[{"k":1},{"k":2}],"n":null}
@ | @ => {"a":{"b":{"c":1,"d":"x"}},"l":[{"k":1},{"k":2}],"n":null}
@.a.b | @.c => 1
[@] => [{"a":{"b":{"c":1,"d":"x"}},"l":[{"k":1},{"k":2}],"n":null}]
{r: @}.r.a.b.d => "x"
[`1`, `2`][0] => 1
[l[*].k, l[0].k] | [0][1] => 2
{a: a, a: n} => {"a":null}
a.b.* => [1,"x"]
[a, l][1][0].k => 1
a.[b.c, b.d] => [1,"x"]
a.*.c => [1]
*.b.c => [1]
)cases");
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
