#include "pipeline/lang/selector.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace lokitail::pipeline::lang {
namespace {

bool selects(std::string_view text, std::string_view line) {
  SymbolTable symbols;
  Labels labels;
  labels.set(symbols.intern("app"), "web");
  labels.set(symbols.intern("env"), "prod");
  return Selector(text, symbols).matches(labels, line);
}

std::string refusal(std::string_view text) {
  SymbolTable symbols;
  try {
    Selector selector(text, symbols);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("selectors", "[lang][selector]") {
  const struct {
    std::string selector;
    bool want;
  } rows[] = {
      {R"({app="web"})", true},
      {R"({app="we"})", false},
      {R"({app!="web"})", false},
      {R"({app!="db"})", true},
      {R"({app=~"w.b"})", true},
      {R"({app=~"w"})", false},
      {R"({app!~"w"})", true},
      {R"({app!~"db|web"})", false},
      {R"({app="web",env="prod"})", true},
      {R"({app="web",env="dev"})", false},
      {R"({gone=""})", true},
      {R"({gone!=""})", false},
      {R"({gone=~".*"})", true},
      {R"({gone=~".+"})", false},
      {R"({gone!~".+"})", true},
      {R"({app="web"} |= "an error")", true},
      {R"({app="web"} |= "An")", false},
      {R"({app="web"} != "error")", false},
      {R"({app="web"} |~ "er+or$")", true},
      {R"({app="web"} |~ "^error")", false},
      {R"({app="web"} !~ "(?i)ERROR")", false},
      {R"({app="web"} |= "an" != "x" |~ "or" !~ "y")", true},
      {R"({app="web"} |= "an" != "error")", false},
      {R"({app="db"} |= "an")", false},
      {R"({app="web"} |= "")", true},
      {R"({app="web"} != "")", false},
      {R"({app="\u0077\x65\142"})", true},
      {"{ app = \"web\" // one\n , /* two\n */ env = \"prod\" }\n|=\"an\"", true},
      {R"({app="web"}|="an")", true},
      {R"({123="web"})", false},
      {R"({0="", app="web"})", true},
      {R"({žluť="", app="web"})", true},
  };
  for (const auto& row : rows) {
    INFO(row.selector);
    CHECK(selects(row.selector, "this is an error") == row.want);
  }
}

TEST_CASE("a selector follows labels that change", "[lang][selector]") {
  SymbolTable symbols;
  const Symbol app = symbols.intern("app");
  Selector selector(R"({app=~"web-.*"})", symbols);
  for (const std::string value : {"web-1", "web-2", "db", "web-1", "", "db"}) {
    Labels labels;
    labels.set(app, value);
    CHECK(selector.matches(labels, "") == value.starts_with("web-"));
    CHECK_FALSE(selector.matches({}, ""));
  }
}

TEST_CASE("what is no selector", "[lang][selector]") {
  const struct {
    std::string selector;
    std::string want;
  } rows[] = {
      {"", "line 1, col 1: syntax error: unexpected end of text, expecting {"},
      {"app", "line 1, col 1: syntax error: unexpected app, expecting {"},
      {"{}", "line 1, col 2: syntax error: unexpected }, expecting a label name"},
      {R"({app="web",})", "line 1, col 12: syntax error: unexpected }, expecting a label name"},
      {R"({app="web" env="x"})", "line 1, col 12: syntax error: unexpected env, expecting }"},
      {R"({app="web")", "line 1, col 11: syntax error: unexpected end of text, expecting }"},
      {R"({"app"="web"})", "line 1, col 2: syntax error: unexpected \"app\", expecting a label name"},
      {R"({app,"web"})", "line 1, col 5: syntax error: unexpected ,, expecting = or != or =~ or !~"},
      {R"({app=web})", "line 1, col 6: syntax error: unexpected web, expecting a string in double quotes"},
      {"{app=`web`}", "line 1, col 6: syntax error: unexpected `, expecting a string in double quotes"},
      {R"({app="web)", "line 1, col 6: literal not terminated"},
      {"{app=\"web\n\"}", "line 1, col 6: literal not terminated"},
      {R"({app="\)", "line 1, col 6: literal not terminated"},
      {R"({app="\q"})", "line 1, col 6: invalid syntax"},
      {"\n {app=~\"(\"}", "line 2, col 8: missing ): ("},
      {R"({app=~"web)(x"})", "line 1, col 7: unexpected ): web)(x"},
      {"{app\u00A0=\"web\"}",
       "line 1, col 5: syntax error: unexpected \u00A0, expecting = or != or =~ or !~"},
      {R"({app="web"} |~ "(")", "line 1, col 16: missing ): ("},
      {R"({app="web"} | json)", "line 1, col 13: syntax error: unexpected |, expecting |= or != or |~ or !~"},
      {R"({app="web"} |= "a" or "b")",
       "line 1, col 20: syntax error: unexpected or, expecting |= or != or |~ or !~"},
      {R"({app="web"} /* )", "line 1, col 13: comment not terminated"},
      {R"({1a="x"})", "line 1, col 2: syntax error: unexpected number, expecting a label name"},
      {R"({1.5="x"})", "line 1, col 2: syntax error: unexpected number, expecting a label name"},
      {R"({08="x"})", "line 1, col 2: syntax error: unexpected number, expecting a label name"},
  };
  for (const auto& row : rows) {
    INFO(row.selector);
    CHECK(refusal(row.selector) == "parse error at " + row.want);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
