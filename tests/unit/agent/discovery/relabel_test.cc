#include <catch2/catch.hpp>

#include <optional>
#include <string>

#include "agent/discovery/relabel.h"
#include "config/load.h"

namespace lokitail::agent {
namespace {

using config::LabelMap;

// A relabeler for the items of a `relabel_configs` list, in flow style.
Relabeler relabeler(const std::string& rules) {
  config::Warnings warnings;
  const std::string text =
      "scrape_configs: [{job_name: t, static_configs: [{labels: {__path__: x}}], relabel_configs: "
      "[" +
      rules + "]}]";
  const config::Config config = config::read_config(text, "test.yaml", warnings);
  return Relabeler(config.scrape_configs.at(0).relabel_configs);
}

TEST_CASE("relabelling", "[relabel]") {
  const struct {
    std::string what;
    std::string rules;
    LabelMap labels;
    std::optional<LabelMap> want;  // nothing: dropped
  } rows[] = {
      {"no rule", "", {{"job", "t"}}, {{{"job", "t"}}}},
      {"empty labels are removed", "", {{"job", "t"}, {"a", ""}}, {{{"job", "t"}}}},

      {"replace is the default and copies",
       "{source_labels: [a], target_label: b}",
       {{"a", "one"}},
       {{{"a", "one"}, {"b", "one"}}}},
      {"named groups",
       R"({source_labels: [host], regex: '(?P<role>\w+)-(?P<num>\d+)', target_label: id, replacement: '${num}:$role'})",
       {{"host", "web-07"}},
       {{{"host", "web-07"}, {"id", "07:web"}}}},
      {"anchored at both ends",
       "{source_labels: [a], regex: one, target_label: b, replacement: hit}",
       {{"a", "xonex"}},
       {{{"a", "xonex"}}}},
      {"anchors hold for each alternative",
       "{source_labels: [a], regex: 'one|two', target_label: b, replacement: hit}",
       {{"a", "onex"}},
       {{{"a", "onex"}}}},
      {"... and for the other one",
       "{source_labels: [a], regex: 'one|two', target_label: b, replacement: hit}",
       {{"a", "xtwo"}},
       {{{"a", "xtwo"}}}},
      {"alternative that matches",
       "{source_labels: [a], regex: 'one|two', target_label: b, replacement: hit}",
       {{"a", "two"}},
       {{{"a", "two"}, {"b", "hit"}}}},
      {"no match leaves the target",
       "{source_labels: [a], regex: two, target_label: b, replacement: new}",
       {{"a", "one"}, {"b", "old"}},
       {{{"a", "one"}, {"b", "old"}}}},
      {"constant", "{target_label: env, replacement: prod}", {}, {{{"env", "prod"}}}},
      {"empty replacement removes", "{target_label: a, replacement: ''}", {{"a", "one"}}, {LabelMap{}}},
      {"missing source removes", "{source_labels: [nope], target_label: b}", {{"b", "old"}}, {LabelMap{}}},
      {"target from a group",
       R"({source_labels: [kv], regex: '(\w+)=(\w+)', target_label: 'x_${1}', replacement: $2})",
       {{"kv", "team=core"}},
       {{{"kv", "team=core"}, {"x_team", "core"}}}},
      {"target that comes out empty",
       "{source_labels: [a], regex: '(x?)one', target_label: '$1', replacement: hit}",
       {{"a", "one"}},
       {{{"a", "one"}}}},
      {"target that comes out as no UTF-8",
       "{source_labels: [a], target_label: '$1', replacement: hit}",
       {{"a", "\xFF"}},
       {{{"a", "\xFF"}}}},
      {"join",
       "{source_labels: [a, b, nope], target_label: c}",
       {{"a", "1"}, {"b", "2"}},
       {{{"a", "1"}, {"b", "2"}, {"c", "1;2;"}}}},
      {"empty separator",
       "{source_labels: [a, b], separator: '', target_label: c}",
       {{"a", "1"}, {"b", "2"}},
       {{{"a", "1"}, {"b", "2"}, {"c", "12"}}}},
      {"dot matches a newline",
       "{source_labels: [a], regex: one.two, target_label: b, replacement: hit}",
       {{"a", "one\ntwo"}},
       {{{"a", "one\ntwo"}, {"b", "hit"}}}},
      {"flags inside",
       "{source_labels: [a], regex: '(?i)one', target_label: b, replacement: hit}",
       {{"a", "ONE"}},
       {{{"a", "ONE"}, {"b", "hit"}}}},
      {"numbers as texts",
       "{source_labels: [a], regex: 42, target_label: b, replacement: 7}",
       {{"a", "42"}},
       {{{"a", "42"}, {"b", "7"}}}},
      {"in order, each sees what came before",
       "{source_labels: [a], target_label: b}, {target_label: a, replacement: two}, "
       "{source_labels: [a, b], target_label: c}",
       {{"a", "one"}},
       {{{"a", "two"}, {"b", "one"}, {"c", "two;one"}}}},
      {"target of any UTF-8",
       "{source_labels: [a], target_label: my.label}",
       {{"a", "one"}},
       {{{"a", "one"}, {"my.label", "one"}}}},
      {"groups that do not exist are empty",
       "{source_labels: [filename], target_label: f, replacement: 'f=$1$2'}",
       {},
       {{{"f", "f="}}}},
      {"dollar sign",
       "{source_labels: [a], target_label: b, replacement: '$$1/$'}",
       {{"a", "x"}},
       {{{"a", "x"}, {"b", "$1/$"}}}},
      {"reserved labels",
       R"({source_labels: [__path__], regex: '(.*)/[^/]*', target_label: __path_exclude__, replacement: '$1/*.gz'})",
       {{"__path__", "/a/*.log"}},
       {{{"__path__", "/a/*.log"}, {"__path_exclude__", "/a/*.gz"}}}},

      {"drop", "{source_labels: [env], regex: 'd.*', action: drop}", {{"env", "dev"}}, {}},
      {"drop without match",
       "{source_labels: [env], regex: 'd.*', action: drop}",
       {{"env", "prod"}},
       {{{"env", "prod"}}}},
      {"keep", "{source_labels: [env], regex: prod, action: keep}", {{"env", "prod"}}, {{{"env", "prod"}}}},
      {"keep without match", "{source_labels: [env], regex: prod, action: keep}", {{"env", "dev"}}, {}},
      {"keep with a missing label", "{source_labels: [nope], regex: '.+', action: keep}", {}, {}},
      {"keepequal",
       "{source_labels: [a], target_label: b, action: keepequal}",
       {{"a", "x"}, {"b", "x"}},
       {{{"a", "x"}, {"b", "x"}}}},
      {"keepequal, different",
       "{source_labels: [a], target_label: b, action: keepequal}",
       {{"a", "x"}, {"b", "y"}},
       {}},
      {"keepequal, both missing",
       "{source_labels: [a], target_label: b, action: keepequal}",
       {},
       {LabelMap{}}},
      {"dropequal", "{source_labels: [a], target_label: b, action: dropequal}", {{"a", "x"}, {"b", "x"}}, {}},
      {"dropequal, different",
       "{source_labels: [a], target_label: b, action: dropequal}",
       {{"a", "x"}, {"b", "y"}},
       {{{"a", "x"}, {"b", "y"}}}},

      {"hashmod",
       "{source_labels: [a], modulus: 1000, target_label: shard, action: hashmod}",
       {{"a", "node-17"}},
       {{{"a", "node-17"}, {"shard", "18"}}}},
      {"hashmod of two",
       "{source_labels: [a, job], modulus: 1000, target_label: shard, action: hashmod}",
       {{"a", "node-17"}, {"job", "t"}},
       {{{"a", "node-17"}, {"job", "t"}, {"shard", "355"}}}},
      {"hashmod of nothing",
       "{source_labels: [nope], modulus: 1000, target_label: shard, action: hashmod}",
       {},
       {{{"shard", "958"}}}},
      {"hashmod, all bits",
       "{source_labels: [a], modulus: 18446744073709551615, target_label: full, action: hashmod}",
       {{"a", "node-17"}},
       {{{"a", "node-17"}, {"full", "14966908158191638018"}}}},
      {"hashmod with keep",
       "{source_labels: [a], modulus: 1, target_label: __tmp, action: hashmod}, "
       "{source_labels: [__tmp], regex: '0', action: keep}",
       {{"a", "x"}},
       {{{"a", "x"}, {"__tmp", "0"}}}},

      {"labelmap",
       "{regex: '__meta_(.+)', action: labelmap}",
       {{"__meta_team", "core"}, {"meta_x", "1"}, {"team", "old"}},
       {{{"__meta_team", "core"}, {"meta_x", "1"}, {"team", "core"}}}},
      {"labelmap with replacement",
       "{regex: '__meta_(.+)', replacement: 'k8s_${1}', action: labelmap}",
       {{"__meta_team", "core"}},
       {{{"__meta_team", "core"}, {"k8s_team", "core"}}}},
      {"labelmap does not map what it made",
       "{regex: 'a(.+)', replacement: aa$1, action: labelmap}",
       {{"ab", "1"}},
       {{{"aab", "1"}, {"ab", "1"}}}},
      {"labelmap takes what rules have set behind the rest",
       "{source_labels: [b], target_label: a}, {regex: '[abc]', replacement: x, action: labelmap}",
       {{"b", "1"}, {"c", "2"}},
       {{{"a", "1"}, {"b", "1"}, {"c", "2"}, {"x", "1"}}}},
      {"... in the order in which they were set first",
       "{target_label: c, replacement: 3}, {target_label: a, replacement: 4}, {target_label: c, replacement: "
       "5}, "
       "{regex: '[abc]', replacement: x, action: labelmap}",
       {{"b", "1"}},
       {{{"a", "4"}, {"b", "1"}, {"c", "5"}, {"x", "4"}}}},
      {"labeldrop",
       "{regex: 'a|b.*', action: labeldrop}",
       {{"a", "1"}, {"aa", "2"}, {"bb", "3"}},
       {{{"aa", "2"}}}},
      {"labelkeep",
       "{regex: 'a|b.*', action: labelkeep}",
       {{"a", "1"}, {"aa", "2"}, {"bb", "3"}},
       {{{"a", "1"}, {"bb", "3"}}}},

      {"uppercase",
       "{source_labels: [a, c], target_label: a, action: uppercase}",
       {{"a", "MiXed straße ä"}, {"c", "z"}},
       {{{"a", "MIXED STRAßE Ä;Z"}, {"c", "z"}}}},
      {"lowercase",
       "{source_labels: [a], target_label: b, action: LowerCase}",
       {{"a", "OnE ÄΩ"}},
       {{{"a", "OnE ÄΩ"}, {"b", "one äω"}}}},
      {"lowercase of nothing",
       "{source_labels: [nope], target_label: b, action: lowercase}",
       {{"b", "old"}},
       {LabelMap{}}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    LabelMap labels = row.labels;
    const bool kept = relabeler(row.rules).apply(labels);
    CHECK(kept == row.want.has_value());
    if (row.want) CHECK(labels == *row.want);
  }
}

TEST_CASE("relabelling tells which rule dropped", "[relabel]") {
  const Relabeler rules = relabeler(
      "{target_label: a, replacement: x}, {source_labels: [b], regex: y, action: drop}, "
      "{target_label: a, replacement: z}");
  LabelMap labels = {{"b", "y"}};
  std::size_t dropped_by = 99;
  CHECK_FALSE(rules.apply(labels, &dropped_by));
  CHECK(dropped_by == 1);
  CHECK(labels == LabelMap{{"a", "x"}, {"b", "y"}});
  LabelMap others = {{"b", "z"}};
  CHECK(rules.apply(others, &dropped_by));
  CHECK(others.at("a") == "z");
  CHECK(relabeler("").empty());
  CHECK_FALSE(rules.empty());
}

TEST_CASE("relabel rules take the patterns that Go takes", "[relabel]") {
  const struct {
    std::string regex;
    std::string replacement;
    std::string want;  // of "ab"
  } rows[] = {
      {"(?<first>.)(?P<second>.)", "$second$first", "ba"},
      {"(?P<x>a)(?P<x>b)", "<$x>", "<a>"},
      {"a)(b", "$1", "b"},  // within ^(?s:...)$ this is one
      {"a|b)(|c", "hit", "none"},
      {"(?i)AB", "hit", "hit"},
      {"a\\C", "hit", "refused"},
      {"(", "hit", "refused"},
      {"(?<x", "hit", "refused"},
      {"a(?=b)", "hit", "refused"},
  };
  for (const auto& row : rows) {
    INFO(row.regex);
    config::RelabelConfig rule;
    rule.source_labels = {"s"};
    rule.target_label = "t";
    rule.regex = row.regex;
    rule.replacement = row.replacement;
    LabelMap labels = {{"s", "ab"}, {"t", "none"}};
    if (row.want == "refused") {
      CHECK_THROWS_AS(Relabeler({rule}), config::Error);
    } else {
      CHECK(Relabeler({rule}).apply(labels));
      CHECK(labels.at("t") == row.want);
    }
  }
}

TEST_CASE("a relabel rule that cannot be compiled is refused by its place", "[relabel]") {
  CHECK_THROWS_WITH(
      relabeler("{action: keep, regex: '('}"),
      Catch::Matchers::Equals("test.yaml:1:115: \"(\" is not a valid regular expression: missing ): ("));
}

}  // namespace
}  // namespace lokitail::agent
