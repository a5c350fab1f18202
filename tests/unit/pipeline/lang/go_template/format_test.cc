#include <catch2/catch.hpp>

#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("printf", "[go_template]") {
  const Row rows[] = {
      // The arguments of printf, the format first.
      {R"("%d %s" 1 "x")", "1 x"},
      {R"("%v %v %v %v" 1 "x" true 1.5)", "1 x true 1.5"},
      {R"("%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o|%O|%b|%c|%U|%q" 42 42 42 42 42 255 255 255 8 8 8 5 65 65 65)",
       "   42|42   |00042|+42| 42|ff|FF|0xff|10|010|0o10|101|A|U+0041|'A'"},
      {R"("%05d|%+05d|%-05d|%x" -42 42 -42 -255)", "-0042|+0042|-42  |-ff"},
      {R"("%.5d|%8.5d|%.0d|" 42 42 0)", "00042|   00042||"},
      {R"("%#U|%#b" 233 5)", "U+00E9 '\u00e9'|0b101"},
      {R"("%f|%.2f|%8.3f|%-8.1f|%08.2f|%+.1f|%e|%E|%g|%G" 3.14159 3.14159 3.14159 3.14159 -3.14159 3.14159 1234.5 1234.5 1e21 1e-7)",
       "3.141590|3.14|   3.142|3.1     |-0003.14|+3.1|1.234500e+03|1.234500E+03|1e+21|1E-07"},
      {R"("%g %g %g %.3g %v" 100000.0 1000000.0 123456789.0 1234.5678 0.00001)",
       "100000 1e+06 1.23456789e+08 1.23e+03 1e-05"},
      {R"("%s|%5s|%-5s|%.2s|%5.1s|%05s" "abc" "abc" "abc" "abc" "abc" "abc")",
       "abc|  abc|abc  |ab|    a|00abc"},
      {R"("%.2s|%5s" "žščř" "žš")", "žš|   žš"},
      {R"("%q %#q %q %x %X % x %#x" "a\"b\n" "raw" "ž" "hi" "hi" "hi" "hi")",
       R"("a\"b\n" `raw` "ž" 6869 6869 68 69 0x6869)"},
      {R"("%t %5t" true false)", "true false"},
      {R"("%T %T %T %T %T" 1 "x" 1.5 true (list))", "int string float64 bool []interface {}"},
      {R"("%v %d %s" (list 1 "x") (list 1 2) (list "a" "b"))", "[1 x] [1 2] [a b]"},
      {R"("%v %#v" (dict "a" 1 "b" (list 2)) (dict "a" 1 "b" (list "x")))",
       R"(map[a:1 b:[2]] map[string]interface {}{"a":1, "b":[]interface {}{"x"}})"},
      {R"("%q %x" (list "a" "b") (list "a" "b"))", R"(["a" "b"] [61 62])"},
      {R"("%05d %v" (list 1 2) nil)", "[00001 00002] <nil>"},
      {R"("%*d|%-*d|%.*f" 5 42 5 42 1 3.14)", "   42|42   |3.1"},
      {R"("%[2]s %[1]s %s" "a" "b")", "b a b"},
      {R"("%d%%" 5)", "5%"},
      // Mistakes.
      {R"("%d" "x")", "%!d(string=x)"},
      {R"("%s" 5)", "%!s(int=5)"},
      {R"("%s" 1.5)", "%!s(float64=1.5)"},
      {R"("%z" 5)", "%!z(int=5)"},
      {R"("%d" (list "x"))", "[%!d(string=x)]"},
      {R"("%d %d" 5)", "5 %!d(MISSING)"},
      {R"("%d" 5 6 "x" nil)", "5%!(EXTRA int=6, string=x, <nil>)"},
      {R"("%" 5)", "%!(NOVERB)%!(EXTRA int=5)"},
      {R"("%s" nil)", "%!s(<nil>)"},
      {R"("%[5]d" 1)", "%!d(BADINDEX)"},
      {R"("%[x]d" 1)", "%!d(BADINDEX)"},
      {R"("%*d" "x" 1)", "%!(BADWIDTH)1"},
      {R"("%t" 1)", "%!t(int=1)"},
      {R"("%!" 1)", "%!!(int=1)"},
      {R"("none")", "none"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render("{{ printf " + row.text + " }}") == row.want);
  }
}

TEST_CASE("print and println", "[go_template]") {
  const TextMap data = {{"a", "foo"}};
  const Row rows[] = {
      {"{{ print 1 2 `x` 3 4 }}", "1 2x3 4"},
      {"{{ print .a .a }}", "foofoo"},
      {"{{ print nil }} {{ print .none 1 }} {{ print }}", "<nil> <nil> 1 "},
      {"{{ println .a 1 }}{{ println }}", "foo 1\n\n"},
      {"{{ print (list 1 `x` nil) (dict) }}", "[1 x <nil>] map[]"},
      {"{{ 1.0 }} {{ 1e6 }} {{ 123456.0 }} {{ 1e20 }}", "1 1e+06 123456 1e+20"},
      {"{{ float64 `inf` }} {{ float64 `-inf` }} {{ float64 `nan` }}", "+Inf -Inf NaN"},
      {"{{ splitList `,` `a,b` }} {{ until 3 }} {{ split `,` `a,b` }}", "[a b] [0 1 2] map[_0:a _1:b]"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text, data) == row.want);
  }
}

TEST_CASE("html, js and urlquery", "[go_template]") {
  const Row rows[] = {
      {R"({{ html "<a href='x'>\"&\"</a>" }})", "&lt;a href=&#39;x&#39;&gt;&#34;&amp;&#34;&lt;/a&gt;"},
      {"{{ html .none }} {{ html 1 2 }} {{ html `x` `<` }}", "&lt;no value&gt; 1 2 x&lt;"},
      {R"({{ js "<'\"\\&=\n\x7f\u2028\u017e>" }})",
       "\\u003C\\'\\\"\\\\\\u0026\\u003D\\u000A\x7f\\u2028\u017e\\u003E"},
      {"{{ urlquery `a b&c/d~e` `f` }}", "a+b%26c%2Fd~ef"},
      {"{{ urlquery `\u017E` }}", "%C5%BE"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
