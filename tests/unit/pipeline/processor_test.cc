#include "pipeline/processor.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace lokitail::pipeline {
namespace {

TEST_CASE("code can be chosen for all that the processor is, and for nothing else") {
  const std::vector<Processor> possible = possible_processors();
  REQUIRE(!possible.empty());
  CHECK(possible.front() == Processor::kAny);
  CHECK(std::ranges::is_sorted(possible));
  CHECK(processor() == possible.back());
  for (const Processor each : possible) {
    use_processor(processor_name(each));
    CHECK(processor() == each);
  }
  for (const char* const name : {"", "x86-64-v5", "X86-64", "quantum"}) {
    INFO(name);
    try {
      use_processor(name);
      FAIL("taken");
    } catch (const std::invalid_argument& problem) {
      const std::string text = problem.what();
      CHECK(text.find('"' + std::string(name) + '"') != std::string::npos);
      for (const Processor each : possible) CHECK(text.find(processor_name(each)) != std::string::npos);
    }
    CHECK(processor() == possible.back());
  }
}

}  // namespace
}  // namespace lokitail::pipeline
