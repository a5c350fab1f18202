// An open file, closed when the last who reads it lets go.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

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

// As pread(2), but for all of it: fewer bytes mean that the file ends there. Negative with errno where it
// cannot be read.
ssize_t read_fully(int file, char* buffer, std::size_t size, std::uint64_t offset);

}  // namespace lokitail::agent
