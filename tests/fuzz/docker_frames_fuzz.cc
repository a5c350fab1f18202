// Arbitrary bytes as what the Docker engine sends of a log, torn anywhere: what comes out does not depend on
// where, and no more comes out than went in.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/source/docker/container.h"
#include "agent/source/docker/line_joiner.h"
#include "agent/source/docker/log_frames.h"

namespace {

using namespace lokitail;

std::string read(std::string_view bytes, std::size_t tear, bool terminal) {
  std::string out;
  agent::LineJoiner joiners[agent::kLogStreams];
  const auto emit = [&out](pipeline::Timestamp time, std::string_view line) {
    out += std::to_string(time.seconds);
    out += line;
    out += '\n';
  };
  std::size_t pieces = 0;
  agent::LogFrames frames(terminal,
                          [&](agent::LogStream stream, pipeline::Timestamp time, std::string_view piece) {
                            pieces += piece.size();
                            joiners[agent::index_of(stream)].add(time, piece, emit);
                          });
  if (frames.feed(bytes.substr(0, tear)) && frames.feed(bytes.substr(tear))) {
    frames.finish();
    for (auto& joiner : joiners) joiner.flush(emit);
  }
  if (pieces > bytes.size()) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t tear = (data[1] + 256u * data[2]) % (bytes.size() + 1);
  for (const bool terminal : {false, true}) {
    if (read(bytes, tear, terminal) != read(bytes, bytes.size(), terminal)) std::abort();
  }
  static_cast<void>(agent::parse_containers(bytes));
  static_cast<void>(agent::parse_details(bytes));
  static_cast<void>(agent::parse_networks(bytes));
  static_cast<void>(agent::parse_event(bytes));
  static_cast<void>(agent::error_message(bytes));
  return 0;
}
