#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

// A job with this block, whose keys begin at f:4:13.
std::string journal_job(const std::string& keys) {
  return kClients + "scrape_configs:\n- job_name: j\n  journal: {" + keys + "}\n";
}

TEST_CASE("a job that reads the journal") {
  const Config defaults = load_good(journal_job(""));
  const auto& plain = defaults.scrape_configs[0].journal;
  REQUIRE(plain);
  CHECK(defaults.scrape_configs[0].has_targets);
  CHECK(plain->max_age == std::chrono::hours(7));
  CHECK_FALSE(plain->json);
  CHECK(plain->path.empty());

  const Config config =
      load_good(journal_job("max_age: 12h, json: true, labels: {a: b}, path: /var/log/journal,\n"
                            "    matches: ' _SYSTEMD_UNIT=a.service  PRIORITY=3 X= '"));
  const auto& journal = config.scrape_configs[0].journal;
  REQUIRE(journal);
  CHECK(journal->max_age == std::chrono::hours(12));
  CHECK(journal->json);
  CHECK(journal->labels == LabelMap{{"a", "b"}});
  CHECK(journal->path == "/var/log/journal");
  CHECK(journal->matches == " _SYSTEMD_UNIT=a.service  PRIORITY=3 X= ");

  for (const char* name : {"db", "+db", "'*'"}) {
    const Config named = load_good(journal_job(std::string("namespace: ") + name));
    CHECK_FALSE(named.scrape_configs[0].journal->journal_namespace.empty());
    // What is shown of it can be loaded again.
    CHECK(to_yaml(load_good(to_yaml(named))) == to_yaml(named));
  }
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
}

TEST_CASE("wrong journal blocks are refused with place and reason") {
  const std::string matches = "f:4:22: Error parsing journal reader 'matches' config value: ";
  const std::string terms = matches + "expected FIELD=value terms, separated by spaces, found ";
  const std::string names = matches + "expected the name of a field before the equals sign, found ";
  const ErrorRow rows[] = {
      {"an age that is no text", journal_job("max_age: 5"),
       "f:4:22: expected a duration such as 1.5s or 2h45m (units: ns us ms s m h), found \"5\""},
      {"no equals sign", journal_job("matches: A=1 + B=2"), terms + "\"+\""},
      {"two of them", journal_job("matches: A=b=c"), terms + "\"A=b=c\""},
      {"no name", journal_job("matches: =c"), names + "\"=c\""},
      {"a name in lower case", journal_job("matches: priority=3"), names + "\"priority=3\""},
      {"a field that is no data", journal_job("matches: __CURSOR=3"), names + "\"__CURSOR=3\""},
      {"a namespace with a slash", journal_job("namespace: a/b"),
       "f:4:24: namespace: expected the name of a journal namespace, found \"a/b\""},
      {"path and namespace", journal_job("path: /p, namespace: a"),
       "f:4:34: journal: give `path` or `namespace`, not both"},
      {"unknown key", journal_job("matchs: A=1"),
       "f:4:13: journal: unknown key \"matchs\" (did you mean \"matches\"?)"},
  };
  for (const ErrorRow& row : rows) {
    INFO(row.what);
    CHECK(load_error(row.text) == row.want);
  }
}

}  // namespace
}  // namespace lokitail::config
