// Which file is this? A file is its identity, not its name: its inode, when it was made, and a hash of
// its first bytes. The inode alone is not enough, since numbers are used again; the hash alone is not
// enough, since many logs begin alike.
//
// Threads: plain values and functions on descriptors; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lokitail::agent {

// The hash covers as many bytes as there were when it was taken, at most this many. Comparing hashes
// exactly the stored length again, so a file that has grown since is still the same file.
inline constexpr std::uint32_t kFingerprintBytes = 1024;

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t born = 0;          // nanoseconds since 1970; 0 where the filesystem does not tell
  std::uint64_t fingerprint = 0;  // XXH3, 64 bits
  std::uint32_t fingerprint_bytes = 0;
  bool operator==(const FileIdentity&) const = default;
};

// What is known of an open file.
struct FileFacts {
  FileIdentity identity;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  bool regular = false;
  bool deleted = false;  // no name leads to it any more
};

// Everything but the fingerprint. nullopt with errno where the file cannot be asked.
std::optional<FileFacts> stat_file(int file);
// The same for a path, symlinks followed.
std::optional<FileFacts> stat_path(const char* path);

// All of it, the fingerprint too.
std::optional<FileFacts> identify(int file);

// The hash of the first `bytes` of an open file; nothing if it has fewer, with errno 0, or cannot be read, with
// another one. REQUIRES: at most kFingerprintBytes.
std::optional<std::uint64_t> fingerprint(int file, std::uint32_t bytes);

// Of bytes that are at hand.
std::uint64_t fingerprint(std::string_view head);

// Whether the open file of which `facts` are known is the one that `identity` was taken of: it may have
// grown since. The device is looked at only where inode and age leave doubt, because device numbers
// change from boot to boot.
bool is_same_file(int file, const FileFacts& facts, const FileIdentity& identity);

// Whether the file begins like the one that `identity` was taken of.
bool begins_like(int file, const FileFacts& facts, const FileIdentity& identity);

}  // namespace lokitail::agent
