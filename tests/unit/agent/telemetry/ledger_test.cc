#include "agent/telemetry/ledger.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

Ledger::Job job(std::uint64_t lines, std::vector<pipeline::StageCounts> stages) {
  return {lines, stages.empty() ? lines : stages.back().given, std::move(stages)};
}

TEST_CASE("Ledger: pages of workers are summed, stage by stage") {
  Ledger ledger;
  ledger.publish(1, {{"app", job(10, {{"json", 10, 10, 0}, {"drop", 10, 4, 0}})}});
  ledger.publish(0, {{"app", job(5, {{"json", 5, 5, 0}, {"drop", 5, 5, 0}})}, {"other", job(1, {})}});
  const Ledger::Page page = ledger.page();
  REQUIRE(page.size() == 2);
  const Ledger::Job& app = page.at("app");
  CHECK(app.lines == 15);
  CHECK(app.entries == 9);
  REQUIRE(app.stages.size() == 2);
  CHECK(app.stages[1].taken == 15);
  CHECK(app.stages[1].given == 9);
  // The latest page of a worker takes the place of the one before.
  ledger.publish(1, {{"app", job(20, {{"json", 20, 20, 0}, {"drop", 20, 10, 0}})}});
  CHECK(ledger.page().at("app").lines == 25);
}

TEST_CASE("Ledger: stages of a job that was changed are told from each other") {
  Ledger::Job sum = job(10, {{"drop", 10, 6, 0}});
  sum += job(10, {{"json", 10, 10, 1}, {"drop", 9, 3, 0}});
  CHECK(sum.lines == 20);
  CHECK(sum.entries == 9);
  // json is new, and stands behind what was there; the first drop is not the second.
  REQUIRE(sum.stages.size() == 3);
}

}  // namespace
}  // namespace lokitail::agent
