// A compressed file, read as if it were the file that it was made of.
//
// Reading goes forward. Going back further than what was asked for last begins at the front again, which
// costs time and nothing else.
//
// Threads: one at a time. Memory: what is asked for, and a little more.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/source/decompressor.h"
#include "agent/source/file/file_handle.h"

namespace lokitail::agent {

class UnpackedFile {
 public:
  UnpackedFile(std::shared_ptr<const FileHandle> file, Compression compression);

  // As pread(2), but for what has been unpacked: fewer bytes than wanted mean that there are no more at
  // present. Negative with errno where the file cannot be read.
  ssize_t read(char* buffer, std::size_t size, std::uint64_t offset);

  // All was read that the file holds and ever will, unless somebody appends another member to it.
  bool complete() const { return state_ == Decompressor::State::kComplete && at_end_; }
  // It cannot be unpacked any further.
  bool damaged() const { return state_ == Decompressor::State::kDamaged; }

 private:
  void begin();
  bool unpack_to(std::uint64_t end);
  bool read_packed();

  const std::shared_ptr<const FileHandle> file_;
  const Compression compression_;
  std::unique_ptr<Decompressor> decompressor_;
  Decompressor::State state_ = Decompressor::State::kGoesOn;
  std::vector<char> packed_;
  std::size_t packed_begin_ = 0;     // what was used of packed_
  std::uint64_t packed_offset_ = 0;  // where in the file to go on
  bool at_end_ = false;              // of the file, as far as it goes now
  std::string window_;               // what was unpacked and may be asked for
  std::uint64_t window_offset_ = 0;
};

}  // namespace lokitail::agent
