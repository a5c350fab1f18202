#include "pipeline/held_origins.h"

#include <catch2/catch.hpp>

namespace lokitail::pipeline::test {
namespace {

class CountedOrigin final : public Origin {
 public:
  explicit CountedOrigin(const void* source) : Origin(source) {}
  ~CountedOrigin() override = default;
  int settled_count = 0;

 private:
  void settled() override { ++settled_count; }
};

TEST_CASE("held origins are handed on as one", "[held_origins]") {
  int source = 0;
  CountedOrigin first(&source);
  CountedOrigin second(&source);
  HeldOrigins held;

  SECTION("none") {
    held.add(nullptr);
    CHECK(held.empty());
    CHECK(held.take().get() == nullptr);
  }
  SECTION("one is itself") {
    held.add(&first);
    held.add(&first);
    {
      const OriginReference origin = held.take();
      CHECK(origin.get() == &first);
      CHECK(held.empty());
      CHECK(first.settled_count == 0);
    }
    CHECK(first.settled_count == 1);
  }
  SECTION("several settle together, when the last reference is gone") {
    held.add(&first);
    held.add(&second);
    held.add(&first);
    OriginReference batch;
    {
      const OriginReference origin = held.take();
      CHECK(origin.get()->source() == &source);
      batch = OriginReference(origin.get());
    }
    CHECK(first.settled_count == 0);
    CHECK(second.settled_count == 0);
    batch = OriginReference();
    CHECK(first.settled_count == 1);
    CHECK(second.settled_count == 1);
  }
  SECTION("giving up without taking") {
    held.add(&first);
    held.clear();
    CHECK(first.settled_count == 1);
  }
}

}  // namespace
}  // namespace lokitail::pipeline::test
