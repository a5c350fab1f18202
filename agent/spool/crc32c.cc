#include "agent/spool/crc32c.h"

#include <boost/crc.hpp>

#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include "pipeline/processor.h"

namespace lokitail::agent {
namespace {

std::uint32_t crc32c_by_table(std::string_view first, std::string_view second) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  sum.process_bytes(first.data(), first.size());
  sum.process_bytes(second.data(), second.size());
  return sum.checksum();
}

#if defined(__x86_64__)
LOKITAIL_CODE_FOR_V2
std::uint32_t add(std::uint32_t sum, std::string_view bytes) {
  std::uint64_t wide = sum;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    wide = _mm_crc32_u64(wide, eight);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; at != end; ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return narrow;
}
LOKITAIL_CODE_END
#endif

}  // namespace

std::uint32_t crc32c(std::string_view first, std::string_view second) {
#if defined(__x86_64__)
  if (pipeline::processor() >= pipeline::Processor::kV2) return ~add(add(0xFFFFFFFF, first), second);
#endif
  return crc32c_by_table(first, second);
}

}  // namespace lokitail::agent
