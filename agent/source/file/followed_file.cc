#include "agent/source/file/followed_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "agent/source/file/unpacked_file.h"

namespace lokitail::agent {
namespace {

bool equal_bytes(int a, int b, std::uint64_t offset, std::size_t size) {
  std::vector<char> of_a(size);
  std::vector<char> of_b(size);
  return read_fully(a, of_a.data(), size, offset) == static_cast<ssize_t>(size) &&
         read_fully(b, of_b.data(), size, offset) == static_cast<ssize_t>(size) && of_a == of_b;
}

}  // namespace

bool FollowedFile::is_at(const std::string& path) const {
  const auto there = stat_path(path.c_str());
  return there && key() == FileKey{there->identity.device, there->identity.inode};
}

bool may_succeed_later(int error) {
  return error == EIO || error == ESTALE || error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == ENODEV || error == ETIMEDOUT;
}

bool FollowedFile::look_whether_packed() {
  std::array<char, 8> head;
  const ssize_t got = read_fully(handle->get(), head.data(), head.size(), 0);
  if (got > 0) packed = compression_of({head.data(), static_cast<std::size_t>(got)});
  return got >= 0;
}

bool FollowedFile::holds(std::string_view bytes, std::uint64_t offset) const {
  std::string found(bytes.size(), '\0');
  const ssize_t got = packed ? UnpackedFile(handle, *packed).read(found.data(), found.size(), offset)
                             : read_fully(handle->get(), found.data(), found.size(), offset);
  return got == static_cast<ssize_t>(found.size()) && found == bytes;
}

bool FollowedFile::content_begins_like(const FileIdentity& known) const {
  if (!packed) return begins_like(handle->get(), facts(), known);
  std::array<char, kFingerprintBytes> head;
  const ssize_t got = UnpackedFile(handle, *packed).read(head.data(), known.fingerprint_bytes, 0);
  return got == static_cast<ssize_t>(known.fingerprint_bytes) &&
         fingerprint({head.data(), known.fingerprint_bytes}) == known.fingerprint;
}

std::uint64_t FollowedFile::content_size() const {
  if (!packed) return size;
  constexpr std::size_t kPieceBytes = 64 * 1024;
  UnpackedFile content(handle, *packed);
  std::vector<char> piece(kPieceBytes);
  std::uint64_t bytes = 0;
  for (ssize_t got = 0; (got = content.read(piece.data(), piece.size(), bytes)) > 0;) {
    bytes += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

bool holds_the_same(const FollowedFile& copy, const FollowedFile& original) {
  constexpr std::uint64_t kMostCompared = 4096;
  const auto now = stat_file(original.handle->get());
  if (!now || copy.size > now->size || copy.key() == original.key()) return false;
  const auto compared = static_cast<std::size_t>(std::min(copy.size, kMostCompared));
  return equal_bytes(copy.handle->get(), original.handle->get(), 0, compared) &&
         equal_bytes(copy.handle->get(), original.handle->get(), copy.size - compared, compared);
}

}  // namespace lokitail::agent
