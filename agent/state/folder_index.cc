#include "agent/state/folder_index.h"

#include <dirent.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "agent/state/path.h"

namespace lokitail::agent {

const FolderIndex::Folder& FolderIndex::folder(const std::string& path) {
  const auto [found, is_new] = folders_.try_emplace(path);
  Folder& folder = found->second;
  if (!is_new) return folder;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) {
    folder.readable = errno == ENOENT || errno == ENOTDIR;  // nothing is there, and that is known
    return folder;
  }
  folder.readable = true;
  while (const dirent* const entry = ::readdir(directory.get())) {
    if (entry->d_type == DT_DIR) continue;
    folder.by_inode.emplace(entry->d_ino, folder.names.size());
    folder.names.emplace_back(entry->d_name);
  }
  return folder;
}

std::vector<std::string> FolderIndex::folders_around(const std::string& path) {
  std::vector<std::string> folders = {folder_of(path)};
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  if (real) {
    if (std::string target = folder_of(real.get()); target != folders[0]) {
      folders.push_back(std::move(target));
    }
  }
  return folders;
}

std::string FolderIndex::name_in(const std::string& folder, const std::string& path) {
  const auto name_of = [](const std::string& whole) { return whole.substr(whole.rfind('/') + 1); };
  if (folder == folder_of(path)) return name_of(path);
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), ::free);
  return name_of(real ? std::string(real.get()) : path);
}

std::vector<std::string> FolderIndex::find(const std::string& path, std::uint64_t inode) {
  std::vector<std::string> paths;
  for (const std::string& where : folders_around(path)) {
    const Folder& around = folder(where);
    const auto [begin, end] = around.by_inode.equal_range(inode);
    for (auto it = begin; it != end; ++it) {
      paths.push_back(join_path(where, around.names[it->second]));
    }
  }
  return paths;
}

bool FolderIndex::complete(const std::string& path) {
  for (const std::string& where : folders_around(path)) {
    if (!folder(where).readable) return false;
  }
  return true;
}

}  // namespace lokitail::agent
