#include "agent/telemetry/logger/text_buffer.h"

#include <algorithm>

namespace lokitail::telemetry {

void TextBuffer::grow(std::size_t size) {
  const std::size_t capacity = std::max(2 * capacity_, size_ + size);
  char* const data = new char[capacity];
  std::copy_n(data_, size_, data);
  if (data_ != inline_) delete[] data_;
  data_ = data;
  capacity_ = capacity;
}

}  // namespace lokitail::telemetry
