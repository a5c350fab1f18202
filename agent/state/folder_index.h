// Finds files by inode in the folder where they were last seen, since whoever rotates a file nearly
// always leaves it there. Each folder is read once.
//
// Threads: belongs to one thread. Errors: a folder that cannot be read is empty and says so.
#pragma once

#include <cstdint>
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
  };

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
  std::unordered_map<std::string, Folder> folders_;
};

}  // namespace lokitail::agent
