// Text that is put together on the stack, and moves to the heap when it is long.
//
// Threads: one. Errors: std::bad_alloc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace lokitail::telemetry {

class TextBuffer {
 public:
  TextBuffer() = default;
  ~TextBuffer() {
    if (data_ != inline_) delete[] data_;
  }
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  std::string_view view() const { return {data_, size_}; }
  bool empty() const { return size_ == 0; }

  void append(std::string_view text) {
    std::copy(text.begin(), text.end(), room(text.size()));
    size_ += text.size();
  }
  void append(char c) {
    *room(1) = c;
    ++size_;
  }

  // Where up to `size` characters may be written that added() then counts.
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return data_ + size_;
  }
  // The end of what was written at room().
  void added(const char* end) { size_ = static_cast<std::size_t>(end - data_); }

 private:
  void grow(std::size_t size);

  static constexpr std::size_t kInline = 2048;
  char* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
  char inline_[kInline];
};

}  // namespace lokitail::telemetry
