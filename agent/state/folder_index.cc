#include "agent/state/folder_index.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "agent/state/path.h"

namespace lokitail::agent {

namespace {

// Times of folders are as coarse as two seconds (FAT), so that what has changed a moment ago may change once more
// and show it by nothing. As long as this a folder is taken for the same at most, for file systems without such times.
constexpr std::chrono::seconds kCoarsest{2};

std::int64_t modified(const struct stat& facts) {
  return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

std::int64_t wall_clock() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

}  // namespace

const FolderIndex::Folder& FolderIndex::folder(const std::string& path) {
  const auto [found, is_new] = folders_.try_emplace(path);
  Folder& folder = found->second;
  if (!is_new && folder.look == look_) return folder;
  if (is_new || !is_as_read(path, folder)) folder = read(path);
  folder.look = look_;
  return folder;
}

bool FolderIndex::is_as_read(const std::string& path, const Folder& folder) {
  if (!folder.changed || std::chrono::steady_clock::now() - folder.read >= kCoarsest) return false;
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && modified(facts) == *folder.changed;
}

FolderIndex::Folder FolderIndex::read(const std::string& path) {
  Folder folder;
  folder.read = std::chrono::steady_clock::now();
  const std::int64_t now = wall_clock();
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) {
    folder.readable = errno == ENOENT || errno == ENOTDIR;  // nothing is there, and that is known
    return folder;
  }
  folder.readable = true;
  struct stat facts {};
  const bool is_quiet = ::fstat(::dirfd(directory.get()), &facts) == 0 &&
                        now - modified(facts) > std::chrono::nanoseconds(kCoarsest).count();
  if (is_quiet) folder.changed = modified(facts);
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
