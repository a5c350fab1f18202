// Takes a protobuf message apart field by field, without building objects.
//
// Threads: plain values. Ownership: what it gives are views into the message.
// Errors:  sound() says false in the end. The bytes come from anybody; nothing is taken for true.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace lokitail::agent {

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message)
      : message_(message),
        input_(reinterpret_cast<const std::uint8_t*>(message.data()),
               static_cast<int>(message.size() <= kMostBytes ? message.size() : 0)),
        is_broken_(message.size() > kMostBytes) {}

  // Goes to the next field; false at the end, and where the message is broken.
  bool next() {
    if (is_broken_) return false;
    const std::uint32_t tag = input_.ReadTag();
    if (tag == 0) {
      // A tag of zero is the end only where the bytes end too.
      is_broken_ = !input_.ConsumedEntireMessage();
      return false;
    }
    number_ = WireFormat::GetTagFieldNumber(tag);
    is_bytes_ = false;
    value_ = 0;
    bytes_ = {};
    is_broken_ = !read(tag);
    return !is_broken_;
  }

  bool sound() const { return !is_broken_; }

  // Of the present field.
  int number() const { return number_; }
  // Whether it is a text or a message.
  bool is_bytes() const { return is_bytes_; }
  std::string_view bytes() const { return bytes_; }
  // Of a number of whatever form; 0 for all else.
  std::uint64_t value() const { return value_; }

 private:
  using WireFormat = google::protobuf::internal::WireFormatLite;
  static constexpr std::size_t kMostBytes = std::numeric_limits<int>::max();

  bool read(std::uint32_t tag) {
    switch (WireFormat::GetTagWireType(tag)) {
      case WireFormat::WIRETYPE_VARINT:
        return input_.ReadVarint64(&value_);
      case WireFormat::WIRETYPE_FIXED64:
        return input_.ReadLittleEndian64(&value_);
      case WireFormat::WIRETYPE_FIXED32: {
        std::uint32_t value = 0;
        const bool is_there = input_.ReadLittleEndian32(&value);
        value_ = value;
        return is_there;
      }
      case WireFormat::WIRETYPE_LENGTH_DELIMITED: {
        std::uint32_t size = 0;
        if (!input_.ReadVarint32(&size)) return false;
        const auto start = static_cast<std::size_t>(input_.CurrentPosition());
        if (size > message_.size() - start) return false;
        is_bytes_ = true;
        bytes_ = message_.substr(start, size);
        return input_.Skip(static_cast<int>(size));
      }
      default:
        return WireFormat::SkipField(&input_, tag);
    }
  }

  const std::string_view message_;
  google::protobuf::io::CodedInputStream input_;
  bool is_broken_;
  bool is_bytes_ = false;
  int number_ = 0;
  std::uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace lokitail::agent
