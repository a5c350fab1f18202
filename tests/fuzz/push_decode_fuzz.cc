// Foreign bodies of pushes: as they come, and as the content of a sound snappy block.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <snappy.h>

#include "agent/loki/push_decode.h"

namespace {

using namespace lokitail::agent;

constexpr PushLimits kLimits{.bytes = 1u << 20, .parts = 1u << 14};

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view body) {
  DecodedPush push;
  const PushResult result = decode_push(body, kLimits, push);
  if (!result) {
    require(push.streams.empty());
    require(!result.message.empty());
    return;
  }
  // What was counted ahead is what is there.
  std::string message;
  PushSize size;
  require(static_cast<bool>(uncompress_push(body, kLimits, message)));
  require(static_cast<bool>(measure_push(message, kLimits, size)));
  require(size.streams == push.streams.size());
  require(size.entries == push.entry_count());
  std::size_t pairs = 0;
  for (const PushStream& stream : push.streams) {
    for (const PushEntry& entry : stream.entries) {
      pairs += entry.structured_metadata.size();
      require(entry.timestamp.nanoseconds >= 0);
      require(entry.timestamp.nanoseconds < lokitail::pipeline::kNanosecondsPerSecond);
    }
  }
  require(size.pairs == pairs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input);
  std::string compressed;
  snappy::Compress(input.data(), input.size(), &compressed);
  check(compressed);
  return 0;
}
