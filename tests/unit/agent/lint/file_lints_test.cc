// Lints that look at the files of this machine.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "tests/unit/agent/lint/support.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent::lint {
namespace {

using namespace test;
using agent::test::TempFolder;

const Linting kHere{.looks_at_files = true};

void touch(const std::string& path) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path);
  file << "x\n";
}

TEST_CASE("path-matches-nothing") {
  TempFolder folder;
  touch(folder / "a.log");
  CHECK(places("path-matches-nothing", job("", folder / "*.log"), kHere).empty());
  CHECK(places("path-matches-nothing", job("", folder / "a.log"), kHere).empty());
  CHECK(places("path-matches-nothing", job("", folder / "*.txt"), kHere) == Places{"5:34"});
  CHECK(places("path-matches-nothing", job("", folder / "none/a.log"), kHere) == Places{"5:34"});
  CHECK(places("path-matches-nothing", job("", folder / "*.txt")).empty());
  for (const Finding& finding : lint(job("", folder / "*.txt"), kHere)) {
    if (finding.id == "path-matches-nothing") CHECK(finding.severity == Severity::kInfo);
  }
}

std::string two_jobs(const std::string& one, const std::string& other, const std::string& more = "") {
  return kClient + fmt::format(
                       "scrape_configs:\n- job_name: a\n  static_configs:\n"
                       "  - labels: {{job: a, __path__: '{}'}}\n"
                       "- job_name: b\n  static_configs:\n"
                       "  - labels: {{job: b, __path__: '{}'{}}}\n",
                       one, other, more);
}

TEST_CASE("overlapping-paths") {
  const Row rows[] = {
      {"the same", two_jobs("/l/*.log", "/l/*.log"), {"8:32"}},
      {"one in the other", two_jobs("/l/*.log", "/l/app.log"), {"8:32"}},
      {"the other in the one", two_jobs("/l/app.log", "/l/*.log"), {"8:32"}},
      {"patterns", two_jobs("/l/*.log", "/l/app-*.log"), {"8:32"}},
      {"any depth", two_jobs("/l/**/*.log", "/l/nginx/*.log"), {"8:32"}},
      {"alternatives", two_jobs("/l/{a,b}.log", "/l/b.log"), {"8:32"}},
      {"other folders", two_jobs("/l/*.log", "/l/nginx/*.log"), {}},
      {"other endings", two_jobs("/l/*.log", "/l/*.txt"), {}},
      {"excluded", two_jobs("/l/*.log", "/l/app.log", ", __path_exclude__: '/l/app.log'"), {}},
      {"other hosts",
       kClient + "scrape_configs:\n- job_name: a\n  static_configs:\n"
                 "  - labels: {job: a, __host__: x, __path__: /l/a.log}\n"
                 "  - labels: {job: b, __host__: y, __path__: /l/a.log}\n",
       {}},
      {"two targets of one job",
       kClient + "scrape_configs:\n- job_name: a\n  static_configs:\n"
                 "  - labels: {job: a, __path__: /l/a.log}\n"
                 "  - labels: {job: b, __path__: /l/a.log}\n",
       {"6:32"}},
      {"two targets with equal labels are one",
       kClient + "scrape_configs:\n- job_name: a\n  static_configs:\n"
                 "  - labels: {job: a, __path__: '/l/*.log'}\n"
                 "  - labels: {job: a, __path__: /l/a.log}\n",
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(places("overlapping-paths", row.config) == row.want);
  }
  TempFolder folder;
  touch(folder / "abc.log");
  const std::string patterns = two_jobs(folder / "a*.log", folder / "*c.log");
  CHECK(places("overlapping-paths", patterns, kHere).size() == 1);
  CHECK(contains(says("overlapping-paths", patterns, kHere), "abc.log"));
}

TEST_CASE("filename-label: files whose names hold dates") {
  TempFolder folder;
  touch(folder / "dated/app-2024-05-17.log");
  touch(folder / "numbered/app.log.1");
  touch(folder / ("ids/" + std::string(64, 'a') + ".log"));
  CHECK(places("filename-label", job("", folder / "dated/*.log"), kHere) == Places{"5:34"});
  CHECK(places("filename-label", job("", folder / "ids/*.log"), kHere) == Places{"5:34"});
  CHECK(places("filename-label", job("", folder / "numbered/*"), kHere).empty());
  CHECK(places("filename-label", job("", folder / "dated/*.log")).empty());
  CHECK(places("filename-label", job("", folder / "dated/app-2024-05-17.log"), kHere).empty());
}

TEST_CASE("positions-directory") {
  TempFolder folder;
  const auto with = [](const std::string& file) {
    return kClient + "positions: {filename: '" + file + "'}\n";
  };
  CHECK(places("positions-directory", with(folder / "positions.yaml"), kHere).empty());
  CHECK(places("positions-directory", with(folder / "none/positions.yaml"), kHere) == Places{"2:23"});
  CHECK(places("positions-directory", with(folder / "none/positions.yaml")).empty());
  CHECK(places("positions-directory", with(folder / "none/positions.yaml") + "target_config: {stdin: true}\n",
               kHere)
            .empty());
  const auto in_the_way = lint(with(folder / "."), kHere);
  REQUIRE(in_the_way.size() == 1);
  CHECK(in_the_way[0].severity == Severity::kError);
  if (::geteuid() != 0) {
    std::filesystem::create_directories(folder / "locked");
    std::filesystem::permissions(folder / "locked", std::filesystem::perms::owner_read);
    CHECK(contains(says("positions-directory", with(folder / "locked/positions.yaml"), kHere),
                   "may not be written"));
  }
}

}  // namespace
}  // namespace lokitail::agent::lint
