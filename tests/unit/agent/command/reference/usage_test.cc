#include "agent/command/reference/usage.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "agent/command/reference.h"
#include "config/flags.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kUsage =
    "usage: lokitail try FILE [options]\n"
    "\n"
    "  - no flag\n"
    "  --sample LOGFILE   run these lines\n"
    "                     through [all]\n"
    "  -x                 a switch: 'so'\n"
    "  --format a|b       how\n"
    "  --keep DIR         where\n"
    "\n"
    "    not of a flag\n";

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_CASE("flags are found in what --help shows") {
  const auto flags = reference::flags_in(kUsage.substr(kUsage.find("  --sample")));
  REQUIRE(flags.size() == 4);
  CHECK(flags[0].name == "--sample");
  CHECK(flags[0].value == "LOGFILE");
  CHECK(flags[0].help == "run these lines through [all]");
  CHECK(flags[1].name == "-x");
  CHECK(flags[1].value.empty());
  CHECK(reference::kind_of(flags[0]) == reference::ValueKind::kFile);
  CHECK(reference::kind_of(flags[1]) == reference::ValueKind::kNone);
  CHECK(reference::kind_of(flags[2]) == reference::ValueKind::kWords);
  CHECK(reference::words_of(flags[2]) == std::vector<std::string>{"a", "b"});
  CHECK(reference::kind_of(flags[3]) == reference::ValueKind::kFolder);
  CHECK(reference::flags_in("").empty());
}

TEST_CASE(
    "each flag of the agent is in the manual page, and each that does something in the "
    "completions") {
  const std::vector<CommandText> commands = {{"try", "try it: 'now'", kUsage}};
  const std::string man = reference_text("man", commands);
  std::string bash = reference_text("bash", commands);
  std::ranges::replace(bash, '\'', ' ');
  for (const config::FlagGroup& group : config::flag_groups()) {
    CHECK_FALSE(group.flags.empty());
    for (const config::FlagText& flag : group.flags) {
      INFO(flag.name);
      std::string name;
      for (const char c : flag.name) name += c == '-' ? std::string("\\-") : std::string(1, c);
      CHECK(contains(man, "\\-" + name + "\\fR"));
      CHECK(contains(bash, " -" + std::string(flag.name) + " ") == group.has_effect);
      CHECK(contains(reference_text("zsh", commands), "'-" + std::string(flag.name)) == group.has_effect);
      CHECK(contains(reference_text("fish", commands), "-o " + std::string(flag.name)) == group.has_effect);
    }
  }
  CHECK(contains(reference_text("fish", commands), "-a try -d 'try it: '\\''now'\\'''"));
  CHECK(contains(reference_text("zsh", commands),
                 R"('--sample=[run these lines through \[all\]]:value:_files')"));
  CHECK_THROWS_WITH(reference_text("ps", commands), "--format: expected man, bash, zsh or fish, not 'ps'");
}

}  // namespace
}  // namespace lokitail::agent
