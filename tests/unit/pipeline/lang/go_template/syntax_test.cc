#include <catch2/catch.hpp>

#include "tests/unit/pipeline/lang/go_template/support.h"

namespace lokitail::pipeline::lang::test {
namespace {

TEST_CASE("templates are cut into text and actions", "[go_template]") {
  const TextMap data = {{"a", "foo"}, {"b", "Bar"}, {"\xC5\xBE", "letter"}};
  const Row rows[] = {
      {"", ""},
      {"plain } {", "plain } {"},
      {"{{.a}}", "foo"},
      {"{{ .a }}{{ .b }}", "fooBar"},
      {"x{{\n.a\n}}y", "xfooy"},
      {"x \n {{- .a -}} \n y", "xfooy"},
      {"x {{- .a }} y", "xfoo y"},
      {"x {{ .a -}} y", "x fooy"},
      {"{{- 3 -}}", "3"},
      {"{{-3}}", "-3"},
      {"{{- -3 -}} x", "-3x"},
      {"a {{/* comment {{ */}} b", "a  b"},
      {"a {{- /* comment */ -}} b", "ab"},
      {"a{{/* two\nlines */}}b", "ab"},
      {"{{ \"}}\" }}", "}}"},
      {"{{ `raw \\n \"` }}", "raw \\n \""},
      {R"({{ "tab\tquote\"\x41\101\u00e9\U0001F600" }})", "tab\tquote\"AA\u00e9\U0001F600"},
      {"{{ 'a' }} {{ '\\n' }} {{ '\\'' }} {{ '\xC3\xA9' }}", "97 10 39 233"},
      {"{{ 1 }} {{ -1 }} {{ +1 }} {{ 0x10 }} {{ 010 }} {{ 0b11 }} {{ 0o17 }} {{ 1_000 }}",
       "1 -1 1 16 8 3 15 1000"},
      {"{{ 1.5 }} {{ 1e3 }} {{ .5 }} {{ 1e-7 }} {{ 0x1p4 }} {{ 1. }}", "1.5 1000 0.5 1e-07 16 1"},
      {"{{ true }} {{ false }}", "true false"},
      {"{{ .\xC5\xBE }}", "letter"},
      {"{{ (.a) }} {{ ((.a)) }}", "foo foo"},
      {"{{.a|printf \"%s-%s\" .b}}", "Bar-foo"},
      {"{{ $x := .a }}{{$x}}", "foo"},
      {"{{$}}", "map[a:foo b:Bar \xC5\xBE:letter]"},
      {"{{ .a | }}", "foo"},
      {"{{ if .a }}{{ else if .b }}{{ else }}{{ end }}", ""},
      {"{{ with .none }}1{{ else with .b }}{{ . }}{{ end }}", "Bar"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(render(row.text, data) == row.want);
  }
}

TEST_CASE("what is no template is refused as Go refuses it", "[go_template]") {
  const Row rows[] = {
      {"{{ .a", "1: unclosed action"},
      {"\n\n{{ .a", "3: unclosed action"},
      {"{{ }}", "1: missing value for command"},
      {"{{ () }}", "1: missing value for parenthesized pipeline"},
      {"{{ (.a }}", "1: unclosed left paren"},
      {"{{ .a) }}", "1: unexpected right paren"},
      {"{{ hash .a }}", "1: function \"hash\" not defined"},
      {"{{ $x }}", "1: undefined variable \"$x\""},
      {"{{ if .a }}{{ $x := 1 }}{{ end }}{{ $x }}", "1: undefined variable \"$x\""},
      {"{{ .a & .b }}", "1: unexpected \"&\" in operand"},
      {"{{ .a\u00A0 }}", "1: bad character U+00A0 '\u00A0'"},  // a space that cannot be seen to be none
      {"{{ $x\u2028 := 1 }}", "1: bad character U+2028 '\u2028'"},
      {"{{ if .a }}x", "1: unexpected EOF"},
      {"{{ if .a }}x{{ else }}y", "1: unexpected EOF"},
      {"{{ if .a }}x{{ else }}y{{ else }}z{{ end }}", "1: expected end; found {{else}}"},
      {"x{{ end }}", "1: unexpected {{end}}"},
      {"x{{ else }}", "1: unexpected {{else}}"},
      {"{{ if }}x{{ end }}", "1: missing value for if"},
      {"{{ break }}", "1: {{break}} outside {{range}}"},
      {"{{ continue }}", "1: {{continue}} outside {{range}}"},
      {"{{ range .a }}{{ else }}{{ break }}{{ end }}", "1: {{break}} outside {{range}}"},
      {"{{ define \"x\" }}{{ end }}", "1: {{define}} is not supported: templates cannot define templates"},
      {"{{ template \"x\" }}", "1: {{template}} is not supported: templates cannot define templates"},
      {"{{ block \"x\" . }}{{ end }}", "1: {{block}} is not supported: templates cannot define templates"},
      {"{{ \"open }}", "1: unterminated quoted string"},
      {"{{ `open }}", "1: unterminated raw quoted string"},
      {"{{ 'a }}", "1: unterminated character constant"},
      {"{{ 'ab' }}", "1: malformed character constant: 'ab'"},
      {"{{ \"\\q\" }}", "1: invalid syntax"},
      {"{{ 3k }}", "1: bad number syntax: \"3k\""},
      {"{{ - }}", "1: illegal number syntax: \"-\""},
      {"{{ 08 }}", "1: integer overflow: \"08\""},
      {"{{ 99999999999999999999 }}", "1: integer overflow: \"99999999999999999999\""},
      {"{{ 1i }}", "1: complex constants are not supported"},
      {"{{ /* open }}", "1: unexpected \"/\" in operand"},
      {"{{/* open }}", "1: unclosed comment"},
      {"{{/* a */ .b }}", "1: comment ends before closing delimiter"},
      {"{{ .a | \"x\" }}", "1: non executable command in pipeline stage 2"},
      {"{{ .a | . }}", "1: non executable command in pipeline stage 2"},
      {"{{ $x, $y := .a }}", "1: too many declarations in command"},
      {"{{ range $x, 1 }}{{ end }}", "1: range can only initialize variables"},
      {"{{ range $x, $y, $z := .a }}{{ end }}", "1: too many declarations in range"},
      {"{{ \"x\".a }}", "1: unexpected . after term \"\\\"x\\\"\""},
      {"{{ .a\"b\" }}", "1: bad character U+0022 '\"'"},
      {"{{ a# }}", "1: bad character U+0023 '#'"},
      {"{{ \x01 }}", "1: unrecognized character in action: U+0001 '\x01'"},
      {"{{ .a : .b }}", "1: expected :="},
      {"{{ if .a }}{{ else with .b }}{{ end }}", "1: unexpected <with> in else"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(syntax_error(row.text) == row.want);
  }
}

TEST_CASE("deep nesting is refused", "[go_template]") {
  const auto repeat = [](const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  CHECK(syntax_error("{{" + repeat("(", 100000) + "1" + repeat(")", 100000) + "}}") ==
        "1: nested too deeply");
  CHECK(syntax_error(repeat("{{if 1}}", 100000) + repeat("{{end}}", 100000)) == "1: nested too deeply");
  CHECK(render(repeat("{{if 1}}", 100) + "x" + repeat("{{end}}", 100)) == "x");
}

TEST_CASE("a template knows the fields it asks for", "[go_template]") {
  const auto fields = [](std::string_view text) { return GoTemplate::compile(text).fields(); };
  CHECK(fields("none").empty());
  CHECK(fields("{{ .a }}{{ .b.c }}{{ .a }}{{ $.d }}{{ $x := .e }}{{ $x.f }}") ==
        std::vector<std::string>{"a", "b", "d", "e"});
}

TEST_CASE("a template may be constant", "[go_template]") {
  CHECK(GoTemplate::compile("").constant() == "");
  CHECK(GoTemplate::compile("text{{/* and a comment */}}").constant() == "text");
  CHECK(GoTemplate::compile("{{ 1 }}").constant() == std::nullopt);
  CHECK(GoTemplate::compile("a{{ .b }}").constant() == std::nullopt);
}

}  // namespace
}  // namespace lokitail::pipeline::lang::test
