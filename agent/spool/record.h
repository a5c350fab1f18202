// A record of the spool: a push as it will be sent, and how it lies in a segment.
//
//   magic     4 bytes   "LKSR"
//   size      4 bytes   of the content
//   checksum  4 bytes   CRC-32C (Castagnoli, as in RFC 3720) of sequence and content
//   sequence  8 bytes   one more than that of the record before
//   content             written_at 8, raw_bytes 8, entries 4, number of streams 4, streams 4 each,
//                       the rest is the body
//
// Numbers are little-endian. Where the bytes at hand are no record, the next one is found by its
// magic.
//
// Threads: pure functions. Errors: what is no record is said to be none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

struct SpoolRecord {
  std::int64_t written_at = 0;  // seconds since 1970
  std::uint64_t raw_bytes = 0;  // of the body before compression
  std::uint32_t entries = 0;
  std::vector<std::uint32_t> streams;
  std::string body;

  bool operator==(const SpoolRecord&) const = default;
};

inline constexpr std::string_view kSpoolRecordMagic = "LKSR";
inline constexpr std::size_t kSpoolHeadBytes = 20;
// What claims to be larger is none.
inline constexpr std::size_t kMostSpoolContent = std::size_t{256} << 20;

// What stands in front of a record's content.
struct SpoolHead {
  std::size_t size = 0;  // of the content
  std::uint32_t checksum = 0;
  std::uint64_t sequence = 0;
};

std::string encode_record(const SpoolRecord& record, std::uint64_t sequence);

// REQUIRES: kSpoolHeadBytes.
std::optional<SpoolHead> decode_head(std::string_view bytes);
// Nothing where the checksum is wrong. REQUIRES: head.size bytes.
std::optional<SpoolRecord> decode_content(const SpoolHead& head, std::string_view bytes);

}  // namespace lokitail::agent
