// The character encoding of a log file (`encoding:`): where its lines end, and what they are in UTF-8.
//
// glibc's iconv(3) converts. What is no character of the encoding becomes U+FFFD: no line is lost for it.
//
// Lines end with the byte 0x0A, but in UTF-16 with the character U+000A. Promtail splits at the byte
// there too, and mangles all lines but the first.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lokitail::agent {

class LineEncoding {
 public:
  // `name` as config::find_text_encoding() knows it. Throws std::runtime_error where this machine cannot convert it.
  explicit LineEncoding(std::string_view name);
  ~LineEncoding();
  LineEncoding(const LineEncoding&) = delete;
  LineEncoding& operator=(const LineEncoding&) = delete;

  // `head` is how the file begins, two bytes of it at least if there are: "UTF-16" alone looks there for
  // the order of its bytes. `at_start`: the line to be decoded next is the file's first, so that a mark
  // of that order may stand in front of it.
  void begin(std::string_view head, bool at_start);

  // The last byte of what ends the first line of `text`, which begins with a line; nullptr for none.
  // `is_end`: the file ends there, too, for now; then the first half of a newline will do.
  const char* first_end(std::string_view text, bool is_end) const;

  // Whether lines end with a single byte.
  bool ends_with_byte() const { return unit_ == Unit::kByte; }
  // Whether a line that should begin at this offset begins with the other half of the newline before.
  bool begins_with_half(std::uint64_t offset, char first) const {
    return unit_ == Unit::kUtf16Little && offset % 2 == 1 && first == '\0';
  }

  // A line, with what ends it or without, in UTF-8 and without it. The result is valid until the next
  // call, and followed by `padding` readable bytes.
  std::string_view decode(std::string_view line, std::size_t padding);

 private:
  enum class Unit : std::uint8_t { kByte, kUtf16Little, kUtf16Big };

  void open(const char* name);
  std::string_view without_end(std::string_view line) const;
  std::string_view mended(std::string_view text, std::size_t padding);
  std::size_t replace(unsigned char byte, char* out) const;

  void* converter_ = nullptr;  // an iconv_t; none for UTF-8
  Unit unit_ = Unit::kByte;
  bool looks_for_order_ = false;
  bool maps_controls_ = false;
  bool at_start_ = false;
  std::string buffer_;
};

}  // namespace lokitail::agent
