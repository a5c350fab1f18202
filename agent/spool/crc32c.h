// The checksum of records: CRC-32C (Castagnoli), by the processor's own instruction where it has one.
//
// Threads: pure function. Errors: none.
#pragma once

#include <cstdint>
#include <string_view>

namespace lokitail::agent {

// Of `first` followed by `second`.
std::uint32_t crc32c(std::string_view first, std::string_view second = {});

}  // namespace lokitail::agent
