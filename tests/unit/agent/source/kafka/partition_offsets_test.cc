#include "agent/source/kafka/partition_offsets.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

namespace lokitail::agent {
namespace {

using Offset = std::optional<std::int64_t>;

TEST_CASE("only the longest run of settled messages is committed", "[kafka]") {
  PartitionOffsets offsets;
  CHECK_FALSE(offsets.uncommitted());
  CHECK_FALSE(offsets.position());
  const auto first = offsets.add(0, 10);
  const auto second = offsets.add(12, 25);
  const auto third = offsets.add(25, 26);
  CHECK(offsets.position() == 26);
  CHECK(offsets.behind() == 26);
  CHECK(offsets.in_flight());
  offsets.settle(second);
  CHECK_FALSE(offsets.uncommitted());
  offsets.settle(first);
  CHECK(offsets.uncommitted() == Offset(25));
  CHECK(offsets.in_flight());
  offsets.committed(25);
  CHECK(offsets.behind() == 1);
  CHECK_FALSE(offsets.uncommitted());
  offsets.settle(third);
  CHECK(offsets.uncommitted() == Offset(26));
  CHECK_FALSE(offsets.in_flight());
}

TEST_CASE("what was settled while a commit was under way is still to be committed", "[kafka]") {
  PartitionOffsets offsets;
  offsets.settle(offsets.add(0, 5));
  REQUIRE(offsets.uncommitted() == Offset(5));
  offsets.settle(offsets.add(5, 9));
  offsets.committed(5);
  CHECK(offsets.uncommitted() == Offset(9));
}

TEST_CASE("offsets may go back, where a topic was made anew", "[kafka]") {
  PartitionOffsets offsets;
  offsets.settle(offsets.add(990, 1000));
  offsets.committed(1000);
  offsets.settle(offsets.add(0, 3));
  CHECK(offsets.uncommitted() == Offset(3));
  CHECK(offsets.behind() == 3);
}

TEST_CASE("in whatever order messages are settled", "[kafka]") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    PartitionOffsets offsets;
    std::vector<std::pair<PartitionOffsets::Ticket, std::int64_t>> open;
    std::vector<bool> settled;
    std::int64_t next = 0;
    for (int step = 0; step < 100; ++step) {
      if (open.empty() || random() % 2 == 0) {
        open.emplace_back(offsets.add(next, next + 1), next);
        settled.push_back(false);
        ++next;
      } else {
        const auto at = open.begin() + static_cast<std::ptrdiff_t>(random() % open.size());
        offsets.settle(at->first);
        settled[static_cast<std::size_t>(at->second)] = true;
        open.erase(at);
      }
      const auto run = std::ranges::find(settled, false) - settled.begin();
      REQUIRE(offsets.uncommitted() == (run == 0 ? Offset() : Offset(run)));
      REQUIRE(offsets.in_flight() == !open.empty());
    }
  }
}

}  // namespace
}  // namespace lokitail::agent
