// Arbitrary bytes as each of the bodies that are pushed: what comes out lies in what went in, within bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <snappy.h>

#include "agent/source/push/otlp_request.h"
#include "agent/source/push/push_request.h"
#include "pipeline/lang/label_set.h"

namespace {

using namespace lokitail;

template <typename Read>
void read(Read reader, std::string body) {
  const agent::PushReading reading{.keeps_times = true, .most_bytes = 1 << 20, .most_parts = 1000};
  agent::ReceivedBlock block;
  if (!reader(std::move(body), reading, block)) return;
  if (block.entries() > reading.most_parts) std::abort();
  std::size_t bytes = 0;
  for (const auto& group : block.groups()) {
    for (const auto& entry : group.entries) {
      for (const char c : entry.line) bytes += static_cast<unsigned char>(c);
      // Readable, whatever it is.
      bytes += static_cast<unsigned char>(entry.line.data()[entry.line.size() + pipeline::kTextPadding - 1]);
      for (const auto& [name, value] : entry.structured_metadata) bytes += name.size() + value.size();
    }
  }
  // Used, so that nothing of the above is left out.
  if (bytes == SIZE_MAX) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: {
      std::string packed;
      snappy::Compress(text.data(), text.size(), &packed);
      read(agent::read_push_protobuf, std::move(packed));
      break;
    }
    case 1:
      read(agent::read_push_json, text);
      break;
    case 2:
      read(agent::read_push_lines, text);
      break;
    case 3:
      read(agent::read_otlp_protobuf, text);
      break;
    case 4:
      read(agent::read_otlp_json, text);
      break;
    default: {
      pipeline::Arena arena;
      pipeline::lang::LabelPairs labels;
      if (!pipeline::lang::read_label_set(text, arena, labels).empty()) break;
      for (const auto& [name, value] : labels) {
        if (name.empty()) std::abort();
      }
      std::string body = text;
      static_cast<void>(agent::unpack_body(body, "gzip", 1 << 20));
    }
  }
  return 0;
}
