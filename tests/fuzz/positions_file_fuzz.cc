// Arbitrary bytes as positions.yaml and as its log of identities. What was understood is written and
// read again without change.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/state/identity_log.h"
#include "agent/state/positions_file.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail::agent;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string problem;
  if (const auto entries = parse_positions(text, problem)) {
    const std::string once = format_positions(*entries);
    const auto again = parse_positions(once, problem);
    require(again.has_value());
    require(format_positions(*again) == once);
  }
  std::string log;
  log_header(log);
  log += text;
  const Replay replay = replay_log(log);
  require(replay.usable);
  const Replay again = replay_log(format_log(replay.state));
  require(again.damaged == 0 && !again.torn);
  require(format_log(again.state) == format_log(replay.state));
  return 0;
}
