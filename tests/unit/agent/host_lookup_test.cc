#include "agent/host_lookup.h"

#include <atomic>
#include <future>
#include <mutex>

#include <catch2/catch.hpp>

#include "tests/support/wait.h"

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<std::string>;

TEST_CASE("an answer is looked up once and kept", "[host_lookup]") {
  std::atomic<int> lookups = 0;
  HostLookup hosts(test::kPatience, [&](const std::string& name) {
    ++lookups;
    return name == "nobody" ? Addresses{} : Addresses{"10.0.0.1", "10.0.0.2"};
  });
  const auto first = hosts.find("web");
  const auto second = hosts.find("web");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first != *second);  // in turn
  CHECK(hosts.find("web") == first);
  CHECK(lookups == 1);
  CHECK_FALSE(hosts.find("nobody"));
  CHECK_FALSE(hosts.find("nobody"));
  CHECK(lookups == 2);
}

TEST_CASE("a lookup that hangs holds up one line, and no other", "[host_lookup]") {
  struct Gate {
    std::promise<void> open;
    std::shared_future<void> opened{open.get_future()};
    std::atomic<int> lookups = 0;
  };
  const auto gate = std::make_shared<Gate>();
  HostLookup hosts(50ms, [gate](const std::string& name) {
    ++gate->lookups;
    if (name.starts_with("slow")) gate->opened.wait();
    return Addresses{name + "'s address"};
  });
  CHECK_FALSE(hosts.find("slow"));
  // From now on nobody waits: far more lines than there could be within the waits.
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    const bool known = hosts.find("slow" + std::to_string(i)).has_value();
    if (known) FAIL("an answer out of nowhere");
  }
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  CHECK(gate->lookups <= static_cast<int>(HostLookup::kMostLookups));
  gate->open.set_value();
  // What went on without anybody waiting is there in the end.
  CHECK(test::eventually([&] { return hosts.find("slow") == "slow's address"; }));
}

TEST_CASE("the system finds addresses", "[host_lookup]") {
  CHECK(HostLookup::resolve_by_system("127.0.0.1") == Addresses{"127.0.0.1"});
  CHECK(HostLookup::resolve_by_system("::1") == Addresses{"::1"});
  CHECK(HostLookup::resolve_by_system("").empty());
  CHECK(HostLookup::resolve_by_system("not a host").empty());
}

}  // namespace
}  // namespace lokitail::agent
