#include <catch2/catch.hpp>

#include "tests/unit/config/load_test.h"

namespace lokitail::config {
namespace {

std::string file_sd_job(const std::string& item) {
  return kClients + "scrape_configs:\n- job_name: j\n  file_sd_configs: [" + item + "]\n";
}

TEST_CASE("targets in files") {
  const Config config =
      load_good(file_sd_job("{files: [/a/b*.json, c.yml]}, {files: [d.yaml], refresh_interval: 10s}"));
  const auto& items = config.scrape_configs[0].file_sd_configs;
  REQUIRE(items.size() == 2);
  CHECK(items[0].files == std::vector<std::string>{"/a/b*.json", "c.yml"});
  CHECK(items[0].refresh_interval == std::chrono::minutes(5));
  CHECK(items[1].refresh_interval == std::chrono::seconds(10));
  CHECK(config.scrape_configs[0].has_targets);
  CHECK(to_yaml(load_good(to_yaml(config))) == to_yaml(config));
}

TEST_CASE("targets in files that cannot be") {
  CHECK_THAT(load_error(file_sd_job("{}")), Catch::Contains("must contain at least one path name"));
  for (const char* path : {"a.txt", "a*b*.json", "/x*/a.json", "*"}) {
    INFO(path);
    CHECK_THAT(load_error(file_sd_job("{files: ['" + std::string(path) + "']}")),
               Catch::Contains("is not valid for file discovery"));
  }
  CHECK_THAT(load_error(file_sd_job("{files: [a.yml], refresh_interval: 0s}")),
             Catch::Contains("refresh_interval"));
  CHECK_THAT(load_error(file_sd_job("{file: [a.yml]}")), Catch::Contains("files"));
}

}  // namespace
}  // namespace lokitail::config
