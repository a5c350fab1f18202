#include "pipeline/redact/anchor_scanner.h"

#include <catch2/catch.hpp>

#include <random>
#include <set>
#include <string>
#include <utility>

#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::redact {
namespace {

using Hits = std::set<std::pair<std::size_t, AnchorScanner::Id>>;

Hits hits(const AnchorScanner& scanner, std::string_view text) {
  const test::PaddedText padded(text);
  Hits found;
  scanner.scan(padded.view(), [&found](std::size_t at, AnchorScanner::Id id) { found.emplace(at, id); });
  return found;
}

TEST_CASE("anchors are found wherever they stand", "[redact]") {
  AnchorScanner scanner;
  scanner.add(Anchor::parse("AKIA[A-Z0-9]{2}", LetterCase::kExact), 1);
  scanner.add(Anchor::parse("password", LetterCase::kAny), 2);
  scanner.add(Anchor::parse(R"(SG\.[a-z_-])", LetterCase::kExact), 3);
  scanner.add(Anchor::parse("://", LetterCase::kExact), 4);
  scanner.add(Anchor::literal("passport-number", LetterCase::kAny), 5);
  const Processor processor = GENERATE(from_range(possible_processors()));
  scanner.compile(processor);
  const struct {
    std::string what;
    std::string text;
    Hits want;
  } rows[] = {
      {"nothing", "", {}},
      {"plain", "no secret in here, and nothing that looks like one", {}},
      {"at the beginning", "AKIAX1", {{0, 1}}},
      {"cut off", "AKIAX", {}},
      {"any case", "my PassWord and password", {{3, 2}, {16, 2}}},
      {"classes", "SG.a SG.- SG.A SGxa", {{0, 3}, {5, 3}}},
      {"at the end", "x://", {{1, 4}}},
      {"literals are cut", "PASSPORT-number passport", {{0, 5}, {16, 5}}},
      {"several at one place and another", "AKIAAKIAA1", {{0, 1}, {4, 1}}},
      {"far back", std::string(1000, 'x') + "://" + std::string(100, 'y') + "AKIA00", {{1000, 4}, {1103, 1}}},
  };
  for (const auto& row : rows) {
    INFO(row.what << ' ' << processor_name(processor));
    CHECK(hits(scanner, row.text) == row.want);
  }
}

TEST_CASE("many hits are all reported", "[redact]") {
  AnchorScanner scanner;
  scanner.add(Anchor::literal("aa", LetterCase::kExact), 7);
  const Processor processor = GENERATE(from_range(possible_processors()));
  scanner.compile(processor);
  for (const std::size_t size : {1U, 2U, 15U, 16U, 17U, 64U, 65U, 500U}) {
    CHECK(hits(scanner, std::string(size, 'a')).size() == size - 1);
  }
}

TEST_CASE("the code for each processor agrees with a plain search", "[redact]") {
  std::minstd_rand random(42);
  const auto letter = [&random] { return "abcABC0 :"[random() % 9]; };
  for (int round = 0; round < 200; ++round) {
    AnchorScanner scanner;
    std::vector<std::string> literals(1 + random() % 40);
    for (std::size_t i = 0; i < literals.size(); ++i) {
      for (std::size_t size = 1 + random() % 8; size > 0; --size) literals[i] += letter();
      scanner.add(Anchor::literal(literals[i], LetterCase::kExact), static_cast<AnchorScanner::Id>(i));
    }
    std::string text;
    for (std::size_t size = random() % 200; size > 0; --size) text += letter();
    Hits want;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      for (auto at = text.find(literals[i]); at != std::string::npos; at = text.find(literals[i], at + 1)) {
        want.emplace(at, i);
      }
    }
    for (const Processor processor : possible_processors()) {
      AnchorScanner compiled = scanner;
      compiled.compile(processor);
      INFO(processor_name(processor));
      CHECK(hits(compiled, text) == want);
    }
  }
}

}  // namespace
}  // namespace lokitail::pipeline::redact
