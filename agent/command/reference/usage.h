// The flags in what --help shows of a command, and the agent's own, in one form.
//
//   --sample LOGFILE   run these lines through the stages,
//                      and say what each found
//
// Threads: pure functions. Errors: what is no such line is passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent::reference {

struct FlagUsage {
  std::string name;   // with its dashes
  std::string value;  // LOGFILE; text|json; empty for a switch
  std::string help;   // on one line
};

std::vector<FlagUsage> flags_in(std::string_view usage);

// Those of the table, without those that have no effect.
std::vector<FlagUsage> agent_flags();

// What a shell can propose for the value of a flag.
enum class ValueKind { kNone, kFile, kFolder, kWords, kOther };
ValueKind kind_of(const FlagUsage& flag);
// text and json, of text|json.
std::vector<std::string> words_of(const FlagUsage& flag);

}  // namespace lokitail::agent::reference
