// A filesystem in memory that knows what of it would survive a power cut, crashes where it is told to,
// tears the write it is at, and fails.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "agent/spool/spool_files.h"

namespace lokitail::agent::test {

// The power was cut.
struct Crash {};

class MemoryFiles final : public SpoolFiles {
 public:
  explicit MemoryFiles(std::uint64_t seed) : random_(seed) {}

  // The power is cut at the n-th operation from now on that changes something; 0: never.
  void crash_after(std::size_t operations) { crash_in_ = operations; }
  // How many of a hundred operations fail.
  void fail_often(unsigned percent) { fail_percent_ = percent; }
  // All operations that change something fail, but for the next so many.
  void fail_after(std::size_t operations) {
    fail_percent_ = 100;
    fine_for_ = operations;
  }

  // What is there after the power is back. Of what was not synced any part may be there: the first
  // so many changes of the folder; of a file any length, and its last bytes may be rubbish.
  void reboot() {
    crash_in_ = 0;
    const std::size_t changes = pick(changes_.size());
    for (std::size_t i = 0; i < changes; ++i) changes_[i](durable_);
    changes_.clear();
    for (auto& [name, inode] : durable_) settle(*inode);
    names_ = durable_;
  }

  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& [name, inode] : names_) all.emplace(name, inode->content);
    return all;
  }
  std::string& content(const std::string& path) { return names_.at(path)->content; }

  std::string list(const std::string& folder, std::vector<std::string>& names) override {
    names.clear();
    for (const auto& [path, inode] : names_) names.push_back(path.substr(folder.size() + 1));
    return {};
  }
  std::string create(const std::string& path, std::unique_ptr<SpoolFile>& file) override {
    if (fails()) return "cannot create";
    if (names_.contains(path)) return path + " exists";
    change([path, inode = std::make_shared<Inode>()](Names& names) { names[path] = inode; });
    return open(path, file);
  }
  std::string open(const std::string& path, std::unique_ptr<SpoolFile>& file) override {
    const auto found = names_.find(path);
    if (found == names_.end()) return "no such file";
    file = std::make_unique<File>(*this, found->second);
    return {};
  }
  std::string rename(const std::string& from, const std::string& to) override {
    if (fails()) return "cannot rename";
    if (!names_.contains(from)) return "no such file";
    change([from, to](Names& names) {
      const auto node = names.find(from);
      if (node == names.end()) return;
      names[to] = node->second;
      names.erase(from);
    });
    return {};
  }
  std::string remove(const std::string& path) override {
    if (fails()) return "cannot remove";
    change([path](Names& names) { names.erase(path); });
    return {};
  }
  std::string sync_folder(const std::string&) override {
    if (fails()) return "cannot sync folder";
    for (const auto& apply : changes_) apply(durable_);
    changes_.clear();
    return {};
  }

 private:
  struct Inode {
    std::string content;
    std::size_t synced = 0;  // so much of it survives
    std::string longest;     // what was written since, even if it was cut off again
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  class File final : public SpoolFile {
   public:
    File(MemoryFiles& files, std::shared_ptr<Inode> inode) : files_(files), inode_(std::move(inode)) {}
    std::uint64_t size() const override { return inode_->content.size(); }
    std::string append(std::string_view bytes) override {
      const std::size_t written = files_.pick(bytes.size());
      try {
        if (files_.fails()) {
          add(bytes.substr(0, written));
          return "no space";
        }
      } catch (const Crash&) {
        add(bytes.substr(0, written));
        throw;
      }
      add(bytes);
      return {};
    }
    std::string read(std::uint64_t offset, std::size_t size, std::string& bytes) const override {
      if (files_.read_fails()) return "cannot read";
      bytes = offset < inode_->content.size() ? inode_->content.substr(offset, size) : std::string();
      return {};
    }
    std::string truncate(std::uint64_t size) override {
      if (files_.fails()) return "cannot truncate";
      inode_->content.resize(size);
      return {};
    }
    std::string sync() override {
      if (files_.fails()) return "cannot sync";
      inode_->synced = inode_->content.size();
      inode_->longest.clear();
      return {};
    }

   private:
    void add(std::string_view bytes) {
      inode_->content += bytes;
      if (inode_->content.size() > inode_->longest.size()) inode_->longest = inode_->content;
    }
    MemoryFiles& files_;
    std::shared_ptr<Inode> inode_;
  };

  // Up to `most`, both included.
  std::size_t pick(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }

  bool fails() {
    if (crash_in_ != 0 && --crash_in_ == 0) throw Crash();
    if (fine_for_ != 0) {
      --fine_for_;
      return false;
    }
    return fail_percent_ != 0 && pick(99) < fail_percent_;
  }

  bool read_fails() { return fail_percent_ != 0 && pick(99) < fail_percent_; }

  void change(std::function<void(Names&)> apply) {
    apply(names_);
    changes_.push_back(std::move(apply));
  }

  void settle(Inode& inode) {
    if (inode.longest.size() > inode.content.size() && pick(1) == 0) inode.content = inode.longest;
    inode.longest.clear();
    const std::size_t loose = inode.content.size() - std::min(inode.synced, inode.content.size());
    inode.content.resize(inode.content.size() - pick(loose));
    const std::size_t kept = inode.content.size() - std::min(inode.synced, inode.content.size());
    const std::size_t rubbish = std::min<std::size_t>(pick(kept), 512);
    const bool zeros = pick(1) == 0;
    for (std::size_t i = 0; i < rubbish; ++i) {
      inode.content[inode.content.size() - 1 - i] = zeros ? '\0' : static_cast<char>(pick(255));
    }
    inode.synced = inode.content.size();
  }

  Names names_;
  Names durable_;
  std::vector<std::function<void(Names&)>> changes_;  // not durable yet
  std::mt19937_64 random_;
  std::size_t crash_in_ = 0;
  unsigned fail_percent_ = 0;
  std::size_t fine_for_ = 0;
};

}  // namespace lokitail::agent::test
