#include <cstring>
#include <span>

#include "agent/command/demo.h"
#include "agent/command/run.h"

int main(int argument_count, char** arguments) {
  const std::span<const char* const> all(arguments, static_cast<std::size_t>(argument_count));
  const auto rest = all.subspan(all.empty() ? 0 : 1);
  if (!rest.empty() && std::strcmp(rest.front(), "demo") == 0) {
    return lokitail::agent::run_demo(rest.subspan(1));
  }
  return lokitail::agent::run_agent(rest);
}
