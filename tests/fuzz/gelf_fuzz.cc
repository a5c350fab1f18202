// Arbitrary bytes as GELF datagrams and as what a Heroku drain posts. Each datagram is led by its length.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/source/gelf/gelf_chunks.h"
#include "agent/source/gelf/gelf_message.h"
#include "agent/source/heroku/heroku_drain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail::agent;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ReceivedBlock block;
  static_cast<void>(read_heroku_drain(std::string(rest), {.keeps_times = true, .query = rest}, block));
  GelfChunks chunks;
  lokitail::pipeline::Arena arena;
  const auto understand = [&arena](std::string_view packed) {
    arena.reset();
    const auto message = read_gelf(packed, arena);
    if (!message) return;
    // What it writes it understands, and writes again alike.
    const std::string line = message->line;
    arena.reset();
    const auto again = read_gelf(line, arena);
    if (!again || again->line != line) std::abort();
  };
  auto now = GelfChunks::Clock::time_point();
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(rest[0]), rest.size() - 1);
    const std::string_view datagram = rest.substr(1, length);
    rest.remove_prefix(1 + length);
    now += std::chrono::milliseconds(100);
    if (!GelfChunks::is_chunk(datagram)) {
      understand(datagram);
    } else if (const auto whole = chunks.take(datagram, now)) {
      understand(*whole);
    }
  }
  return 0;
}
