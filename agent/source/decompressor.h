// Unpacks compressed files piece by piece: gzip, zlib, bzip2, xz and zstd. Members that stand one behind
// the other (cat a.gz b.gz) come out as one text, as gzip itself does it. Of a zip archive the first file
// comes out, stored or deflated: that is how those who rotate logs use it.
//
// Threads: one at a time. Memory: what the format needs, at most some 8 MiB for zstd and 64 MiB for xz;
// what asks for more counts as damaged.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lokitail::agent {

// kDeflate is the same as kZlib without its head and checksum.
enum class Compression { kGzip, kZlib, kBzip2, kXz, kZstd, kZip, kDeflate };
inline constexpr int kCompressions = 7;

// By the first bytes of a file. zlib has no such bytes and is never told from text. Nothing for too few
// bytes, too.
std::optional<Compression> compression_of(std::string_view head);

class Decompressor {
 public:
  enum class State {
    kGoesOn,    // wants more input, or more room for output
    kComplete,  // a member has ended: the file may end here
    kDamaged,   // nothing more comes out
  };

  static std::unique_ptr<Decompressor> make(Compression compression);
  virtual ~Decompressor() = default;

  // Unpacks from the beginning of `input` into the beginning of `output`, and takes what it has used off
  // both. Where a member has ended, further input begins the next one.
  virtual State unpack(std::span<const char>& input, std::span<char>& output) = 0;
};

enum class UnpackResult {
  kWhole,
  kPart,  // it breaks off
  kDamaged,
  kTooLarge,  // when it is unpacked
};
// What may stand behind the first member: further ones, or anything, which is passed over.
enum class Behind { kMembers, kAnything };

// Unpacks what is there whole into `text`, of which nothing but the capacity is kept. For all but kWhole the text
// means nothing.
UnpackResult unpack_whole(Compression compression, std::string_view packed, std::size_t most_bytes,
                          std::string& text, Behind behind = Behind::kMembers);

}  // namespace lokitail::agent
