#include "config/node.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::config {
namespace {

using Type = Node::Type;

std::string error_of(const std::string& text) {
  try {
    Node::parse(text, "f");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A normal form of a document: types as letters in front of scalars.
std::string print(const Node& node) {
  switch (node.type()) {
    case Type::kNull:
      return "~";
    case Type::kBool:
      return "b:" + node.text();
    case Type::kInt:
      return "i:" + node.text();
    case Type::kFloat:
      return "f:" + node.text();
    case Type::kString:
      return "s:" + node.text();
    case Type::kSequence: {
      std::string text = "[";
      for (const Node& item : node.items()) text += print(item) + " ";
      return text + "]";
    }
    case Type::kMapping: {
      std::string text = "{";
      for (const auto& [key, value] : node.entries()) text += key.text() + "=" + print(value) + " ";
      return text + "}";
    }
  }
  return "";
}

std::string parsed(const std::string& text) { return print(Node::parse(text, "f")); }

TEST_CASE("plain scalars get the types that yaml.v2 gives them") {
  const struct {
    const char* text;
    Type type;
  } rows[] = {
      {"~", Type::kNull},
      {"null", Type::kNull},
      {"Null", Type::kNull},
      {"NULL", Type::kNull},
      {"nULL", Type::kString},
      {"true", Type::kBool},
      {"True", Type::kBool},
      {"TRUE", Type::kBool},
      {"tRUE", Type::kString},
      {"yes", Type::kBool},
      {"No", Type::kBool},
      {"on", Type::kBool},
      {"OFF", Type::kBool},
      {"y", Type::kBool},
      {"N", Type::kBool},
      {"yep", Type::kString},
      {"1", Type::kInt},
      {"-1", Type::kInt},
      {"+1", Type::kInt},
      {"1_000", Type::kInt},
      {"0x1F", Type::kInt},
      {"0o17", Type::kInt},
      {"017", Type::kInt},
      {"0b101", Type::kInt},
      {"-0b11", Type::kInt},
      {"0x", Type::kString},
      {"08", Type::kFloat},
      {"1.5", Type::kFloat},
      {".5", Type::kFloat},
      {"5.", Type::kFloat},
      {"1e3", Type::kFloat},
      {"1e+3", Type::kFloat},
      {"1e", Type::kString},
      {".inf", Type::kFloat},
      {"-.INF", Type::kFloat},
      {".NaN", Type::kFloat},
      {".", Type::kString},
      {"--", Type::kString},
      {"1.2.3", Type::kString},
      {"2025-01-02", Type::kString},
      {"1s", Type::kString},
      {"127.0.0.1", Type::kString},
      {"18446744073709551615", Type::kInt},
      {"18446744073709551616", Type::kFloat},
      {"-9223372036854775808", Type::kInt},
      {"-9223372036854775809", Type::kFloat},
      {"1e400", Type::kString},
      {"12:30:45", Type::kString},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const Node list = Node::parse("k: " + std::string(row.text), "f");
    CHECK(list.entries().at(0).second.type() == row.type);
  }
}

TEST_CASE("quotes, tags and block scalars") {
  CHECK(parsed("['1', \"true\", '~', '']") == "[s:1 s:true s:~ s: ]");
  CHECK(parsed("!!str 12") == "s:12");
  CHECK(parsed("!!int '12'") == "i:12");
  CHECK(parsed("!custom 12") == "s:12");
  CHECK(parsed("!!binary aGk=") == "s:hi");
  CHECK(parsed("!!str") == "s:");
  CHECK(parsed("!!float 1") == "i:1");
  CHECK(parsed("a: |\n  x\n  y\nb: >-\n  x\n  y\n") == "{a=s:x\ny\n b=s:x y }");
  CHECK(parsed("\"a\\tb\\u00e9\"") == "s:a\tb\xC3\xA9");
  CHECK(Node::parse("'x'", "f").quoted());
  CHECK_FALSE(Node::parse("x", "f").quoted());
}

TEST_CASE("text without a document is null, and only the first document counts") {
  CHECK(parsed("") == "~");
  CHECK(parsed("# only a comment\n") == "~");
  CHECK(parsed("---\na: 1\n---\nb: 2\n") == "{a=i:1 }");
  CHECK(Node().is_null());
  CHECK(Node().place().line == 0);
}

TEST_CASE("keys are strings whatever they look like") {
  CHECK(parsed("{n: 1, y: 2, 12: 3, true: 4, 1.5: 5}") == "{n=i:1 y=i:2 12=i:3 true=i:4 1.5=i:5 }");
  const Node node = Node::parse("y: 1", "f");
  CHECK(node.entries().at(0).first.type() == Type::kString);
}

TEST_CASE("anchors, aliases and merge keys") {
  CHECK(parsed("a: &x {k: 1}\nb: *x") == "{a={k=i:1 } b={k=i:1 } }");
  CHECK(parsed("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3") == "{a={k=i:1 l=i:2 } b={k=i:1 l=i:3 } }");
  CHECK(parsed("a: &x {k: 1}\nc: &z {k: 2, m: 3}\nb:\n  <<: [*x, *z]") ==
        "{a={k=i:1 } c={k=i:2 m=i:3 } b={k=i:1 m=i:3 } }");
  CHECK(parsed("a: &x 1\nb: &x 2\nc: *x") == "{a=i:1 b=i:2 c=i:2 }");
  CHECK(parsed("'<<': 1") == "{<<=i:1 }");
}

TEST_CASE("what is no YAML is refused with its place") {
  const struct {
    const char* what;
    const char* text;
    const char* want;
  } rows[] = {
      {"duplicate key", "a: 1\nb: 2\na: 3", "f:3:1: key \"a\" is already set in this mapping"},
      {"duplicate key of another spelling", "{1: x, '1': y}",
       "f:1:8: key \"1\" is already set in this mapping"},
      {"unclosed list", "a: [1, 2", "f:2:1: this is not valid YAML: did not find expected ',' or ']'"},
      {"mapping as a key", "{[a]: 1}", "f:1:2: expected a key, found a list"},
      {"null as a key", "~: 1", "f:1:1: expected a key, found null"},
      {"merge of a number", "a:\n  <<: 1",
       "f:2:7: expected a mapping or a list of mappings to merge, found a number"},
      {"unknown alias", "a: *nope", "f:1:4: unknown anchor \"nope\""},
      {"alias in itself", "a: &x [*x]", "f:1:8: this alias stands inside of what it names"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(error_of(row.text) == row.want);
  }
}

TEST_CASE("what yaml.v2 refuses is refused") {
  const struct {
    const char* text;
    const char* want;
  } rows[] = {
      {"a: \"x", "found unexpected end of stream"},
      {"a: 'x\n", "found unexpected end of stream"},
      {"a: b\nc", "could not find expected ':'"},
      {"a:\n\tb: 1", "found character that cannot start any token"},
      {"- \ta", "found character that cannot start any token"},
      {"- a\n-b", "could not find expected ':'"},
      {"- a\n b: c", "mapping values are not allowed in this context"},
      {"[a,,b]", "did not find expected node content"},
      {"a: b: c", "mapping values are not allowed in this context"},
      {"a: @x", "found character that cannot start any token"},
      {"a: \"\\q\"", "found unknown escape character"},
      {"a: \"\\ud83d\\ude00\"", "found invalid Unicode character escape code"},
      {"a: |0\n x", "found an indentation indicator equal to 0"},
      {"a: |\n\tx", "found a tab character where an indentation space is expected"},
      {"%YAML 1.2\n---\na: 1", "found incompatible YAML document"},
      {"a: \x01", "control characters are not allowed"},
      {"a: \xff", "UTF-8"},
      {"a: !!int x", "\"x\" is no !!int"},
      {"a: !!binary x", "!!binary expects base64"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK_THAT(error_of(row.text), Catch::Matchers::Contains(row.want));
  }
}

TEST_CASE("what yaml.v2 takes means the same") {
  const struct {
    const char* text;
    const char* want;
  } rows[] = {
      {"{a: , b}", "{a=~ b=~ }"},
      {"[a: b, c]", "[{a=s:b } s:c ]"},
      {"[a:b]", "[s:a:b ]"},
      {"{a: http://x:1/y}", "{a=s:http://x:1/y }"},
      {"a: b #c", "{a=s:b }"},
      {"a: b#c", "{a=s:b#c }"},
      {"a:\tb", "{a=s:b }"},
      {"a:\n- b\n-\nc: d", "{a=[s:b ~ ] c=s:d }"},
      {"a: b\n  c\n\n  d", "{a=s:b c\nd }"},
      {"a: \"b\\\n  c\n\n d\"", "{a=s:bc\nd }"},
      {"a: 'b''c'", "{a=s:b'c }"},
      {"a: >\n  b\n  c\n\n   d\n  e\n\n", "{a=s:b c\n\n d\ne\n }"},
      {"a: |+\n  b\n\n", "{a=s:b\n\n }"},
      {"a: |2-\n   b\n", "{a=s: b }"},
      {"a: \"\\x41\\u00e9\\U0001F600\\e\\N\"", "{a=s:A\xC3\xA9\xF0\x9F\x98\x80\x1B\xC2\x85 }"},
      {"? a\n: b", "{a=s:b }"},
      {"\xEF\xBB\xBF\x61: 1", "{a=i:1 }"},
      {"a: 1\r\nb: 2\r", "{a=i:1 b=i:2 }"},
      {"%YAML 1.1\n%TAG !y! tag:yaml.org,2002:\n---\na: !y!str 1\n...\n@", "{a=s:1 }"},
      {"[a]]", "[s:a ]"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    CHECK(parsed(row.text) == row.want);
  }
  CHECK(parsed(std::string("\xFF\xFE\x61\0:\0 \0\x3D\xD8\0\xDE", 12)) == "{a=s:\xF0\x9F\x98\x80 }");
}

TEST_CASE("of a key that is merged in, too, the later value counts, and maps refuse it") {
  const std::string base = "a: &x {k: 1, l: 2}\n";
  CHECK(parsed(base + "b: {k: 3, <<: *x}") == "{a={k=i:1 l=i:2 } b={k=i:1 l=i:2 } }");
  CHECK(parsed(base + "b: {<<: *x, k: 3}") == "{a={k=i:1 l=i:2 } b={k=i:3 l=i:2 } }");
  CHECK_NOTHROW(Node::parse(base + "b: {<<: *x, m: 3}", "f").refuse_replaced_keys());
  CHECK_THROWS_WITH(Node::parse(base + "b: [{<<: *x, k: 3}]", "f").refuse_replaced_keys(),
                    "f:2:5: key \"k\" is already set in this mapping by what is merged into it");
}

TEST_CASE("a document cannot be too deep") {
  CHECK(error_of(std::string(199, '[') + std::string(199, ']')) == "no error");
  CHECK(error_of(std::string(300, '[') + std::string(300, ']')) == "f:1:201: nested too deeply");
  CHECK(error_of(std::string(100'000, '[')).find("f:1:") == 0);
  // Each step is shallow, their sum is not.
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 300; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  CHECK(error_of(chain).find("nested too deeply") != std::string::npos);
}

TEST_CASE("aliases cannot stand for too much") {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j ? ", " : "") + before;
    laughs += "]\n";
  }
  CHECK(error_of(laughs).find("the aliases of this document stand for too much") != std::string::npos);
}

TEST_CASE("places count from one") {
  const Node node = Node::parse("# c\na:\n  - x\n  -  {b: 'q'}\n", "dir/f.yaml");
  const Node list = node.entries().at(0).second;
  CHECK(to_string(node.entries().at(0).first.place()) == "dir/f.yaml:2:1");
  CHECK(to_string(list.items().at(0).place()) == "dir/f.yaml:3:5");
  CHECK(to_string(list.items().at(1).entries().at(0).second.place()) == "dir/f.yaml:4:10");
  CHECK(list.items().at(0).error("bad").what() == std::string("dir/f.yaml:3:5: bad"));
}

TEST_CASE("nodes outlive their document") {
  Node inner;
  {
    const Node outer = Node::parse("a: {b: text}", "f");
    inner = outer.entries().at(0).second.entries().at(0).second;
  }
  CHECK(inner.text() == "text");
}

std::string finish_error(const std::string& text, Fields::Strictness strictness, Warnings& warnings) {
  const Node node = Node::parse(text, "f");
  try {
    Fields fields(node, "client", strictness, warnings);
    fields.find("url");
    fields.find("batchsize");
    fields.not_yet({"oauth2"});
    fields.ignored({"old"});
    fields.finish();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("Fields complains about keys that nobody asked for") {
  const struct {
    const char* text;
    const char* want;
  } rows[] = {
      {"url: x", "no error"},
      {"", "no error"},
      {"{}", "no error"},
      {"url: x\nbatchsze: 1", "f:2:1: client: unknown key \"batchsze\" (did you mean \"batchsize\"?)"},
      {"URL: x", "f:1:1: client: unknown key \"URL\" (did you mean \"url\"?)"},
      {"zzzzzz: x", "f:1:1: client: unknown key \"zzzzzz\""},
      {"oauth2: {a: b}", "f:1:1: oauth2 is not supported by lokitail yet"},
      {"oauth2:", "no error"},
      {"oauth2: []", "no error"},
      {"[a]", "f:1:1: client: expected a mapping, found a list"},
      {"12", "f:1:1: client: expected a mapping, found a number"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    Warnings warnings;
    CHECK(finish_error(row.text, Fields::Strictness::kRefuseUnknown, warnings) == row.want);
  }
}

TEST_CASE("inside of stages unknown keys are warnings and case does not count") {
  Warnings warnings;
  CHECK(finish_error("URL: x\nnope: 1\nold: 1", Fields::Strictness::kWarnUnknown, warnings) == "no error");
  REQUIRE(warnings.texts().size() == 2);
  CHECK(warnings.texts()[0] == "f:3:1: client: old has no effect here");
  CHECK(warnings.texts()[1] == "f:2:1: client: unknown key \"nope\"");

  const Node node = Node::parse("{Source: a, source: b}", "f");
  Fields fields(node, "s", Fields::Strictness::kWarnUnknown, warnings);
  CHECK(fields.find("source")->text() == "b");
}

TEST_CASE("null is absent for find and present for find_present") {
  Warnings warnings;
  const Node node = Node::parse("a:\nb: 1", "f");
  Fields fields(node, "thing", Fields::Strictness::kRefuseUnknown, warnings);
  CHECK(fields.find("a") == nullptr);
  CHECK(fields.find_present("a") != nullptr);
  CHECK(fields.find_present("c") == nullptr);
  CHECK(fields.require("b").text() == "1");
  CHECK_THROWS_WITH(fields.require("a"), "f:1:1: thing: \"a\" is required");
}

}  // namespace
}  // namespace lokitail::config
