#include "agent/source/file/unpacked_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace lokitail::agent {
namespace {

constexpr std::size_t kPackedBytes = 32 * 1024;
constexpr std::size_t kUnpackedBytes = 128 * 1024;  // at a time

}  // namespace

UnpackedFile::UnpackedFile(std::shared_ptr<const FileHandle> file, Compression compression)
    : file_(std::move(file)), compression_(compression) {
  begin();
}

void UnpackedFile::begin() {
  decompressor_ = Decompressor::make(compression_);
  state_ = Decompressor::State::kGoesOn;
  packed_.clear();
  packed_begin_ = 0;
  packed_offset_ = 0;
  at_end_ = false;
  window_.clear();
  window_offset_ = 0;
}

ssize_t UnpackedFile::read(char* buffer, std::size_t size, std::uint64_t offset) {
  if (offset < window_offset_) begin();
  const std::uint64_t end = offset + size;
  while (window_offset_ + window_.size() < end) {
    // What lies before the offset is not asked for again.
    const std::uint64_t unneeded = std::min<std::uint64_t>(offset - window_offset_, window_.size());
    window_.erase(0, unneeded);
    window_offset_ += unneeded;
    const std::size_t before = window_.size();
    if (!unpack_to(end)) return -1;
    if (window_.size() == before) break;
  }
  if (offset >= window_offset_ + window_.size()) return 0;
  const std::size_t begin = offset - window_offset_;
  const std::size_t got = std::min(size, window_.size() - begin);
  std::memcpy(buffer, window_.data() + begin, got);
  return static_cast<ssize_t>(got);
}

// Adds to the window, until it holds something more or there is nothing at present. False where the
// file cannot be read.
bool UnpackedFile::unpack_to(std::uint64_t end) {
  const std::size_t before = window_.size();
  while (window_.size() == before && !damaged()) {
    if (packed_begin_ == packed_.size() && !read_packed()) return false;
    std::span<const char> input(packed_.data() + packed_begin_, packed_.size() - packed_begin_);
    const std::size_t room =
        std::min<std::uint64_t>(kUnpackedBytes, end - window_offset_ - before + kPackedBytes);
    window_.resize(before + room);
    std::span<char> output(window_.data() + before, room);
    const std::size_t input_before = input.size();
    state_ = decompressor_->unpack(input, output);
    packed_begin_ += input_before - input.size();
    window_.resize(before + room - output.size());
    const bool stuck = input.size() == input_before && output.size() == room;
    if (stuck && (at_end_ || input_before > 0)) break;
  }
  return true;
}

bool UnpackedFile::read_packed() {
  packed_.resize(kPackedBytes);
  packed_begin_ = 0;
  ssize_t got = 0;
  do {
    got = ::pread(file_->get(), packed_.data(), packed_.size(), static_cast<off_t>(packed_offset_));
  } while (got < 0 && errno == EINTR);
  packed_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return false;
  packed_offset_ += packed_.size();
  at_end_ = got == 0;
  return true;
}

}  // namespace lokitail::agent
