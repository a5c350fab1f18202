#include "agent/source/file/followed_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace lokitail::agent {
namespace {

constexpr std::size_t kComparedBytes = 4096;

// The same bytes at the same place in both.
bool agree(const FollowedFile& a, const FollowedFile& b, std::uint64_t offset, std::size_t bytes) {
  std::array<char, kComparedBytes> found;
  return ::pread(a.handle->get(), found.data(), bytes, static_cast<off_t>(offset)) ==
             static_cast<ssize_t>(bytes) &&
         has_before(b, offset + bytes, {found.data(), bytes});
}

}  // namespace

bool has_before(const FollowedFile& file, std::uint64_t end, std::string_view bytes) {
  std::array<char, kComparedBytes> found;
  if (bytes.size() > std::min<std::uint64_t>(end, found.size())) return false;
  const ssize_t n = ::pread(file.handle->get(), found.data(), bytes.size(),
                            static_cast<off_t>(end - bytes.size()));
  return std::cmp_equal(n, bytes.size()) &&
         std::memcmp(found.data(), bytes.data(), bytes.size()) == 0;
}

bool holds_the_same(const FollowedFile& file, const FollowedFile& original) {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(file.size, kComparedBytes));
  return agree(file, original, 0, bytes) && agree(file, original, file.size - bytes, bytes);
}

}  // namespace lokitail::agent
