#include "agent/source/file/glob_walk.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "agent/state/path.h"

namespace lokitail::agent {
namespace {

// Links may multiply the ways to a folder without making a loop.
constexpr std::size_t kMostDirectories = 100'000;

struct DirectoryEntry {
  std::string name;
  bool is_folder = false;
  std::uint64_t inode = 0;  // of a regular file; 0: not known
};

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

bool is_link(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

std::vector<DirectoryEntry> read_directory(const std::string& path) {
  std::vector<DirectoryEntry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return entries;
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
      const auto status = status_of(join_path(path, name));
      // A link that leads nowhere yet may do so later; as a file it is looked at then.
      is_folder = status && S_ISDIR(status->st_mode);
    }
    entries.push_back({std::string(name), is_folder, entry->d_type == DT_REG ? entry->d_ino : 0});
  }
  return entries;
}

class Walk {
 public:
  Walk(const Glob& glob, std::uint32_t branch, GlobVisitor& visitor)
      : branch_(glob.branches()[branch]), index_(branch), visitor_(visitor) {}

  // The folder at `path`, whose names are to match from the component at `at` on.
  void directory(const std::string& path, std::size_t at) {
    if (visited_.size() > kMostDirectories || !visited_.emplace(path, at).second) return;
    using Kind = Glob::Component::Kind;
    switch (branch_[at].kind) {
      case Kind::kLiteral:
        return literal(path, at);
      case Kind::kWildcard:
        return wildcard(path, at);
      case Kind::kAnyDepth:
        return any_depth(path, at);
    }
  }

  // One name in a folder.
  void name(const std::string& path, std::size_t at, const DirectoryEntry& entry) {
    using Kind = Glob::Component::Kind;
    const Glob::Component& component = branch_[at];
    const bool last = at + 1 == branch_.size();
    if (component.kind == Kind::kAnyDepth) {
      if (entry.is_folder) {
        directory(join_path(path, entry.name), at);
      } else if (last) {
        visitor_.file(join_path(path, entry.name), entry.inode);
      }
      return;
    }
    const bool matches = component.kind == Kind::kLiteral ? component.text == entry.name
                                                          : matches_name(component.text, entry.name);
    if (!matches) return;
    if (last) {
      if (!entry.is_folder) visitor_.file(join_path(path, entry.name), entry.inode);
    } else if (entry.is_folder) {
      directory(join_path(path, entry.name), at + 1);
    }
  }

 private:
  void report(const std::string& path, std::size_t at) {
    visitor_.directory(path, {index_, static_cast<std::uint32_t>(at)});
  }

  // A folder on the way need not be watched while it is there: if it goes away, that is seen in itself.
  void literal(const std::string& path, std::size_t at) {
    const std::string next = join_path(path, branch_[at].text);
    auto status = status_of(next);
    const bool last = at + 1 == branch_.size();
    if (last || !status || !S_ISDIR(status->st_mode) || is_link(next)) {
      report(path, at);
      status = status_of(next);
    }
    const bool is_folder = status && S_ISDIR(status->st_mode);
    if (last) {
      if (status && !is_folder) visitor_.file(next, 0);
    } else if (is_folder) {
      directory(next, at + 1);
    }
  }

  void wildcard(const std::string& path, std::size_t at) {
    report(path, at);
    for (const DirectoryEntry& entry : read_directory(path)) name(path, at, entry);
  }

  void any_depth(const std::string& path, std::size_t at) {
    const auto status = status_of(path);
    if (!status || !S_ISDIR(status->st_mode)) return;
    const std::pair<dev_t, ino_t> here(status->st_dev, status->st_ino);
    if (std::find(inside_.begin(), inside_.end(), here) != inside_.end()) return;
    inside_.push_back(here);
    report(path, at);
    if (at + 1 < branch_.size()) directory(path, at + 1);
    for (const DirectoryEntry& entry : read_directory(path)) name(path, at, entry);
    inside_.pop_back();
  }

  const Glob::Branch& branch_;
  const std::uint32_t index_;
  GlobVisitor& visitor_;
  std::set<std::pair<std::string, std::size_t>> visited_;
  std::vector<std::pair<dev_t, ino_t>> inside_;  // the folders below ** that we are in
};

bool is_file(const std::string& path) {
  const auto status = status_of(path);
  return status && !S_ISDIR(status->st_mode);
}

// Whether the pattern, special characters and all, is the name of a file.
bool names_a_file(const Glob& glob) {
  for (const Glob::Branch& branch : glob.branches()) {
    const auto is_literal = [](const Glob::Component& component) {
      return component.kind == Glob::Component::Kind::kLiteral;
    };
    // Without any special character there is no question.
    if (glob.branches().size() == 1 && std::all_of(branch.begin(), branch.end(), is_literal) &&
        glob.literal().find('\\') == std::string::npos) {
      return false;
    }
  }
  return is_file(glob.literal());
}

}  // namespace

void walk(const Glob& glob, GlobVisitor& visitor) {
  if (names_a_file(glob)) {
    visitor.file(glob.literal(), 0);
    return;
  }
  for (std::uint32_t branch = 0; branch < glob.branches().size(); ++branch) {
    Walk(glob, branch, visitor).directory("/", 0);
  }
}

void walk_from(const Glob& glob, GlobPlace place, const std::string& directory, std::string_view name,
               GlobVisitor& visitor) {
  const auto status = status_of(join_path(directory, name));
  const bool is_folder = status && S_ISDIR(status->st_mode);
  Walk(glob, place.branch, visitor).name(directory, place.component, {std::string(name), is_folder});
}

}  // namespace lokitail::agent
