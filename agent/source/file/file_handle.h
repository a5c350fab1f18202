// An open file, closed when the last who reads it lets go.
#pragma once

#include <unistd.h>

namespace lokitail::agent {

class FileHandle {
 public:
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  ~FileHandle() { ::close(descriptor_); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace lokitail::agent
