#include "agent/delivery/dead_letters.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

PushEntry entry_of(const std::string& line) { return {{1'700'000'000, 5}, line, {{"k", "v\n"}}}; }

TEST_CASE("a dead letter is a line of JSON", "[delivery][dead_letters]") {
  const lokitail::test::TempDir directory;
  const auto file = directory / "dead.jsonl";
  DeadLetters letters({.file = file.string()});
  letters.add({"main", "acme", "line_too_long", "max entry size"}, R"({a="b"})", entry_of("say \"x\""));
  CHECK_FALSE(std::filesystem::exists(file));
  letters.flush();
  const std::string text = lokitail::test::read_file(file);
  CHECK(text.find(R"("client":"main","tenant":"acme","reason":"line_too_long",)"
                  R"("error":"max entry size","labels":"{a=\"b\"}",)"
                  R"("timestamp":"2023-11-14T22:13:20.000000005Z","line":"say \"x\"",)"
                  R"("structured_metadata":{"k":"v\n"}})"
                  "\n") != std::string::npos);
  CHECK(text.starts_with(R"({"time":"20)"));
  CHECK(letters.written() == 1);
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_read) ==
        std::filesystem::perms::none);
}

TEST_CASE("a full file of dead letters makes way", "[delivery][dead_letters]") {
  const lokitail::test::TempDir directory;
  const auto file = directory / "dead.jsonl";
  const auto write = [&](DeadLetters& letters, const std::string& line) {
    letters.add({"c", "", "r", "e"}, "{}", entry_of(line));
    letters.flush();
  };
  {
    DeadLetters letters({.file = file.string(), .max_bytes = 400, .max_files = 3});
    write(letters, "first" + std::string(150, '.'));
  }
  // What was there before counts.
  DeadLetters letters({.file = file.string(), .max_bytes = 400, .max_files = 3});
  for (const char* const line : {"second", "third", "fourth"}) {
    write(letters, line + std::string(150, '.'));
  }
  CHECK(lokitail::test::read_file(file).find("fourth") != std::string::npos);
  CHECK(lokitail::test::read_file(file.string() + ".1").find("third") != std::string::npos);
  CHECK(lokitail::test::read_file(file.string() + ".2").find("second") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(file.string() + ".3"));
  CHECK(letters.written() == 3);
}

TEST_CASE("a single file of dead letters begins anew", "[delivery][dead_letters]") {
  const lokitail::test::TempDir directory;
  const auto file = directory / "dead.jsonl";
  DeadLetters letters({.file = file.string(), .max_bytes = 300, .max_files = 1});
  for (const char* const line : {"first", "second"}) {
    letters.add({"c", "", "r", "e"}, "{}", entry_of(line + std::string(150, '.')));
    letters.flush();
  }
  CHECK(lokitail::test::read_file(file).find("first") == std::string::npos);
  CHECK(lokitail::test::read_file(file).find("second") != std::string::npos);
}

TEST_CASE("dead letters that cannot be written are counted", "[delivery][dead_letters]") {
  const lokitail::test::TempDir directory;
  DeadLetters letters({.file = (directory / "missing" / "dead.jsonl").string()});
  letters.add({"c", "", "r", "e"}, "{}", entry_of("a"));
  letters.flush();
  CHECK(letters.lost() == 1);
  std::filesystem::create_directories(directory / "missing");
  letters.add({"c", "", "r", "e"}, "{}", entry_of("b"));
  letters.flush();
  CHECK(letters.lost() == 1);
  CHECK(letters.written() == 1);
}

}  // namespace
}  // namespace lokitail::agent
