// Compressed texts for tests.
#pragma once

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "agent/source/decompressor.h"

namespace lokitail::test {

inline void require_packed(bool yes) {
  if (!yes) throw std::runtime_error("cannot compress");
}

inline std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  require_packed(
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require_packed(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// An archive of one file, as far as it is read: without its directory.
inline std::string zipped(std::string_view text, bool deflates = true) {
  const std::string name = "a.log";
  const std::string body = deflates ? deflated(text, -MAX_WBITS) : std::string(text);
  std::string out = "PK\x03\x04";
  const auto number = [&out](std::size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  number(20, 2);                // version
  number(0, 2);                 // flags
  number(deflates ? 8 : 0, 2);  // method
  number(0, 4);                 // time and date
  number(crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())), 4);
  number(body.size(), 4);
  number(text.size(), 4);
  number(name.size(), 2);
  number(0, 2);  // no more is said of it
  return out + name + body + "PK\x01\x02 the directory";
}

inline std::string compressed(std::string_view text, agent::Compression compression) {
  using enum agent::Compression;
  std::string out(text.size() + text.size() / 2 + 1024, '\0');
  switch (compression) {
    case kGzip:
      return deflated(text, MAX_WBITS + 16);
    case kZlib:
      return deflated(text, MAX_WBITS);
    case kBzip2: {
      auto size = static_cast<unsigned>(out.size());
      require_packed(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                              static_cast<unsigned>(text.size()), 9, 0, 0) == BZ_OK);
      out.resize(size);
      return out;
    }
    case kXz: {
      std::size_t size = 0;
      require_packed(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                             reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                             reinterpret_cast<std::uint8_t*>(out.data()), &size,
                                             out.size()) == LZMA_OK);
      out.resize(size);
      return out;
    }
    case kZstd: {
      const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
      require_packed(ZSTD_isError(size) == 0);
      out.resize(size);
      return out;
    }
    case kZip:
      return zipped(text);
    case kDeflate:
      return deflated(text, -MAX_WBITS);
  }
  return out;
}

}  // namespace lokitail::test
