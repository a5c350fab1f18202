#include "agent/discovery/discovered_targets.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>

#include <boost/asio/steady_timer.hpp>

#include "agent/state/positions.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

using namespace lokitail::test;
using namespace std::chrono_literals;

// A job is stopped in the same turn of the event loop in which what was found is due.
TEST_CASE("discovered targets: after a stop nothing is added, also of what was found before", "[discovery]") {
  TempDir folder;
  const auto target = [](const std::string& path) {
    return "- targets: [x]\n  labels: {__path__: /nowhere/" + path + "}\n";
  };
  write_file(folder / "t.yml", target("a.log"));
  boost::asio::io_context control;
  Positions positions("");
  FileTargets files(control, {}, positions,
                    [](const FileTarget&) -> Worker& { throw std::logic_error("there is no file"); });
  config::ScrapeConfig scrape;
  scrape.job_name = "job";
  scrape.file_sd_configs.emplace_back().files = {(folder / "t*.yml").string()};
  scrape.file_sd_configs.front().refresh_interval = 1h;
  DiscoveredTargets discovered(control, scrape, files);
  files.start();
  discovered.start();
  CHECK(files.targets() == 1);

  write_file(folder / "t.yml", target("a.log") + target("b.log"));
  const auto turn = [&] {
    control.restart();
    control.poll_one();
  };
  REQUIRE(eventually([&] {
    turn();
    return discovered.report().size() == 2;
  }));
  REQUIRE(files.targets() == 1);
  bool is_stopped = false;
  boost::asio::steady_timer reload(control, 1ms);  // comes before what waits to be added
  reload.async_wait([&](const boost::system::error_code&) {
    discovered.stop();
    files.remove_job("job");
    is_stopped = true;
  });
  std::this_thread::sleep_for(50ms);
  while (!is_stopped) turn();
  for (int i = 0; i < 20; ++i) turn();
  CHECK(files.targets() == 0);
  files.stop();
}

}  // namespace
}  // namespace lokitail::agent
