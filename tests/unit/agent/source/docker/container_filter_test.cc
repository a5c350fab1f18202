#include "agent/source/docker/container_filter.h"

#include <catch2/catch.hpp>

#include "config/error.h"

namespace lokitail::agent {
namespace {

bool matches(const std::vector<config::DockerSdConfig::Filter>& filters) {
  ListedContainer container;
  container.id = "c0ffee";
  container.names = {"/shop_web_1"};
  container.state = "running";
  container.labels = {{"logging", "yes"}, {"tier", "front"}};
  config::DockerSdConfig config;
  config.filters = filters;
  return ContainerFilter(config).matches(container);
}

TEST_CASE("filters that the agent applies are the engine's", "[docker]") {
  struct Row {
    std::vector<config::DockerSdConfig::Filter> filters;
    bool want;
  };
  const Row rows[] = {
      {{}, true},
      {{{"name", {"web"}}}, true},
      {{{"name", {"^/shop"}}}, true},
      {{{"name", {"^shop_web_1$"}}}, true},
      {{{"name", {"^web"}}}, false},
      {{{"name", {"db", "web"}}}, true},
      {{{"name", {"db"}}, {"name", {"web"}}}, true},
      {{{"id", {"c0f"}}}, true},
      {{{"id", {"^ffee"}}}, false},
      {{{"label", {"logging"}}}, true},
      {{{"label", {"logging=yes"}}}, true},
      {{{"label", {"logging=no"}}}, false},
      {{{"label", {"logging=yes", "tier=back"}}}, false},
      {{{"label", {"other"}}}, false},
      {{{"status", {"exited", "running"}}}, true},
      {{{"status", {"exited"}}}, false},
      {{{"status", {"running"}}, {"name", {"db"}}}, false},
  };
  for (const Row& row : rows) {
    INFO(&row - rows);
    CHECK(matches(row.filters) == row.want);
  }
  CHECK_THROWS_AS(matches({{"name", {"("}}}), config::Error);
}

}  // namespace
}  // namespace lokitail::agent
