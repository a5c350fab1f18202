// Arbitrary bytes as compressed files of every format: unpacking ends, within the room that it was given.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "agent/source/decompressor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail::agent;
  if (size < 2) return 0;
  const auto decompressor = Decompressor::make(static_cast<Compression>(data[0] % kCompressions));
  const std::size_t piece = data[1] + std::size_t{1};
  std::span<const char> rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<char> room(4096);
  std::size_t unpacked = 0;
  auto state = Decompressor::State::kGoesOn;
  while (unpacked < (std::size_t{1} << 20) && state != Decompressor::State::kDamaged) {
    std::span<const char> input = rest.first(std::min(piece, rest.size()));
    const std::size_t input_before = input.size();
    std::span<char> output(room);
    state = decompressor->unpack(input, output);
    if (input.size() > input_before || output.size() > room.size()) std::abort();
    const std::size_t used = input_before - input.size();
    unpacked += room.size() - output.size();
    rest = rest.subspan(used);
    if (used == 0 && output.size() == room.size()) break;
  }
  return 0;
}
