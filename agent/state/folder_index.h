// Finds files by inode in the folder where they were last seen, since whoever rotates a file nearly
// always leaves it there. Each folder is read once, and again after look_again() where it may have changed.
//
// Threads: belongs to one thread. Errors: a folder that cannot be read is empty and says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lokitail::agent {

class FolderIndex {
 public:
  struct Folder {
    std::vector<std::string> names;
    std::unordered_multimap<std::uint64_t, std::size_t> by_inode;  // index into names
    bool readable = false;

   private:
    friend class FolderIndex;
    std::optional<std::int64_t>
        changed;  // its time of modification, in nanoseconds, where that can be relied on
    std::chrono::steady_clock::time_point read;
    std::uint64_t look = 0;  // at which it was read, or found to be the same
  };

  // What was read before may have changed. Where a folder shows that it has not it is not read again: of ten
  // thousand logs in one folder each asks.
  void look_again() { ++look_; }
  // Valid until the next question.
  const Folder& folder(const std::string& path);
  // The folder of `path` and, where `path` is a symbolic link, that of the file it leads to.
  static std::vector<std::string> folders_around(const std::string& path);
  // The name that `path` has in one of these folders: its own, or that of the file it leads to.
  static std::string name_in(const std::string& folder, const std::string& path);
  // The files around `path` that have this inode number. The number alone proves nothing.
  std::vector<std::string> find(const std::string& path, std::uint64_t inode);
  // Whether all folders around `path` that exist could be read.
  bool complete(const std::string& path);
  void clear() { folders_.clear(); }

 private:
  static bool is_as_read(const std::string& path, const Folder& folder);
  static Folder read(const std::string& path);

  std::unordered_map<std::string, Folder> folders_;
  std::uint64_t look_ = 0;
};

}  // namespace lokitail::agent
