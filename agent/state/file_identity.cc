#include "agent/state/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lokitail::agent {
namespace {

// With fewer bytes than this a fingerprint says little, and the device has to agree as well.
constexpr std::uint32_t kTellingBytes = 64;

std::int64_t nanoseconds(const struct statx_timestamp& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::optional<FileFacts> stat_at(int directory, const char* path, int flags) {
  struct statx status {};
  if (::statx(directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return {};
  FileFacts facts;
  facts.identity.device = makedev(status.stx_dev_major, status.stx_dev_minor);
  facts.identity.inode = status.stx_ino;
  if ((status.stx_mask & STATX_BTIME) != 0) facts.identity.born = nanoseconds(status.stx_btime);
  facts.size = status.stx_size;
  facts.modified = nanoseconds(status.stx_mtime);
  facts.regular = S_ISREG(status.stx_mode);
  facts.deleted = status.stx_nlink == 0;
  return facts;
}

// As many of the first bytes as there are, up to `wanted`. Negative where reading fails.
ssize_t read_head(int file, char* head, std::size_t wanted) {
  std::size_t got = 0;
  while (got < wanted) {
    const ssize_t n = ::pread(file, head + got, wanted - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(got);
}

}  // namespace

std::optional<FileFacts> stat_file(int file) { return stat_at(file, "", AT_EMPTY_PATH); }

std::optional<FileFacts> stat_path(const char* path) { return stat_at(AT_FDCWD, path, 0); }

std::optional<FileFacts> identify(int file) {
  auto facts = stat_file(file);
  if (!facts || !facts->regular) return facts;
  std::array<char, kFingerprintBytes> head;
  const ssize_t bytes = read_head(file, head.data(), head.size());
  if (bytes < 0) return std::nullopt;
  facts->identity.fingerprint_bytes = static_cast<std::uint32_t>(bytes);
  facts->identity.fingerprint = fingerprint({head.data(), static_cast<std::size_t>(bytes)});
  return facts;
}

std::optional<std::uint64_t> fingerprint(int file, std::uint32_t bytes) {
  std::array<char, kFingerprintBytes> head;
  const std::size_t wanted = std::min(bytes, kFingerprintBytes);
  const ssize_t got = read_head(file, head.data(), wanted);
  if (got >= 0) errno = 0;
  if (got != static_cast<ssize_t>(wanted)) return std::nullopt;
  return fingerprint({head.data(), wanted});
}

std::uint64_t fingerprint(std::string_view head) { return XXH3_64bits(head.data(), head.size()); }

bool begins_like(int file, const FileFacts& facts, const FileIdentity& identity) {
  return facts.size >= identity.fingerprint_bytes &&
         fingerprint(file, identity.fingerprint_bytes) == identity.fingerprint;
}

bool is_same_file(int file, const FileFacts& facts, const FileIdentity& identity) {
  if (facts.identity.inode != identity.inode) return false;
  const bool ages_known = facts.identity.born != 0 && identity.born != 0;
  if (ages_known && facts.identity.born != identity.born) return false;
  const bool telling = ages_known || identity.fingerprint_bytes >= kTellingBytes;
  if (!telling && facts.identity.device != identity.device) return false;
  return begins_like(file, facts, identity);
}

}  // namespace lokitail::agent
