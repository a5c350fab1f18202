#include "agent/source/block.h"

#include <catch2/catch.hpp>

#include <optional>
#include <vector>

namespace lokitail::agent::test {
namespace {

using pipeline::Origin;
using pipeline::OriginHold;
using pipeline::OriginReference;

struct LedgerScene final : BlockLedger::Owner {
  void settled(std::uint64_t position) override { told.push_back(position); }

  std::vector<std::uint64_t> told;
  BlockLedger ledger{this, 100, this};
};

using Positions = std::vector<std::uint64_t>;

TEST_CASE("a position is the end of the longest run of settled blocks", "[block]") {
  LedgerScene scene;
  OriginReference first(scene.ledger.open(200));
  OriginReference second(scene.ledger.open(300));
  OriginReference third(scene.ledger.open(400));
  second = OriginReference();
  CHECK(scene.ledger.settled() == 100);
  first = OriginReference();
  CHECK(scene.ledger.settled() == 300);
  CHECK_FALSE(scene.ledger.all_settled());
  third = OriginReference();
  CHECK(scene.ledger.all_settled());
  CHECK(scene.told == Positions{300, 400});
}

TEST_CASE("a position moves up to the first line that is held", "[block]") {
  LedgerScene scene;
  OriginReference block(scene.ledger.open(200));
  scene.ledger.begin_line(150);
  std::optional<OriginHold> first(std::in_place, *block.get());
  scene.ledger.begin_line(170);
  std::optional<OriginHold> second(std::in_place, *block.get());
  scene.ledger.begin_line(180);
  OriginReference later(scene.ledger.open(300));

  SECTION("not while lines before it are on their way") {
    first.reset();
    CHECK(scene.told.empty());
    second.reset();
    block = OriginReference();
    CHECK(scene.told == Positions{200});
  }
  SECTION("then to the next") {
    block = OriginReference();
    CHECK(scene.told == Positions{150});
    later = OriginReference();
    first.reset();
    CHECK(scene.told == Positions{150, 170});
    second.reset();
    CHECK(scene.told == Positions{150, 170, 300});
  }
  SECTION("in any order") {
    block = OriginReference();
    second.reset();
    CHECK(scene.told == Positions{150});
    first.reset();
    CHECK(scene.told == Positions{150, 200});
  }
  SECTION("of the first block that is not settled") {
    OriginReference held_later(scene.ledger.open(400));
    scene.ledger.begin_line(350);
    OriginHold third(*held_later.get());
    held_later = OriginReference();
    CHECK(scene.told.empty());
    block = OriginReference();
    first.reset();
    second.reset();
    later = OriginReference();
    CHECK(scene.told == Positions{150, 170, 200, 350});
  }
  first.reset();
  second.reset();
}

TEST_CASE("a source that says nothing of lines has them held by the block", "[block]") {
  LedgerScene scene;
  OriginReference block(scene.ledger.open(200));
  {
    const OriginHold hold(*block.get());
    block = OriginReference();
    CHECK(scene.told.empty());
    CHECK_FALSE(hold.origin().goes_on());
  }
  CHECK(scene.told == Positions{200});
}

}  // namespace
}  // namespace lokitail::agent::test
