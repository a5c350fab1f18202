#include "agent/spool/crc32c.h"

#include <boost/crc.hpp>

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace lokitail::agent {
namespace {

TEST_CASE("CRC-32C is what its standard says") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  // RFC 3720, B.4.
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43);
}

TEST_CASE("CRC-32C by the processor is the same as by a table, however the bytes are parted") {
  std::minstd_rand random(1);
  for (std::size_t size = 0; size < 100; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
    sum.process_bytes(bytes.data(), bytes.size());
    for (std::size_t part = 0; part <= size; ++part) {
      REQUIRE(crc32c(std::string_view(bytes).substr(0, part), std::string_view(bytes).substr(part)) ==
              sum.checksum());
    }
  }
}

}  // namespace
}  // namespace lokitail::agent
