#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "agent/spool/spool_files.h"
#include "agent/state/durable_file.h"

namespace lokitail::agent {
namespace {

class PosixSpoolFile final : public SpoolFile {
 public:
  PosixSpoolFile(int file, std::string path, std::uint64_t size)
      : file_(file), path_(std::move(path)), size_(size) {}
  PosixSpoolFile(const PosixSpoolFile&) = delete;
  PosixSpoolFile& operator=(const PosixSpoolFile&) = delete;
  ~PosixSpoolFile() override { ::close(file_); }

  std::uint64_t size() const override { return size_; }

  std::string append(std::string_view bytes) override {
    const std::string error = write_all(file_, bytes);
    if (!error.empty()) return "cannot write " + path_ + ": " + error;
    size_ += bytes.size();
    return {};
  }

  std::string read(std::uint64_t offset, std::size_t size, std::string& bytes) const override {
    bytes.resize(size);
    std::size_t done = 0;
    while (done < size) {
      const ssize_t n = ::pread(file_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return file_problem("cannot read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return {};
  }

  std::string truncate(std::uint64_t size) override {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) return file_problem("cannot shorten", path_);
    size_ = size;
    return {};
  }

  std::string sync() override {
    return ::fdatasync(file_) == 0 ? std::string() : file_problem("cannot sync", path_);
  }

 private:
  const int file_;
  const std::string path_;
  std::uint64_t size_;
};

class PosixSpoolFiles final : public SpoolFiles {
 public:
  std::string list(const std::string& folder, std::vector<std::string>& names) override {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    names.clear();
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    return error ? "cannot list " + folder + ": " + error.message() : std::string();
  }

  std::string create(const std::string& path, std::unique_ptr<SpoolFile>& file) override {
    return open(path, O_CREAT | O_EXCL, file);
  }
  std::string open(const std::string& path, std::unique_ptr<SpoolFile>& file) override {
    return open(path, 0, file);
  }

  std::string rename(const std::string& from, const std::string& to) override {
    return std::rename(from.c_str(), to.c_str()) == 0 ? std::string() : file_problem("cannot rename", from);
  }
  std::string remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? std::string()
                                                          : file_problem("cannot remove", path);
  }

  std::string sync_folder(const std::string& folder) override {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return file_problem("cannot open", folder);
    std::string error = ::fsync(file) == 0 ? std::string() : file_problem("cannot sync", folder);
    ::close(file);
    return error;
  }

 private:
  // Lines may hold anything: nobody but the owner is to read them.
  static std::string open(const std::string& path, int flags, std::unique_ptr<SpoolFile>& file) {
    const int number = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
    if (number < 0) return file_problem("cannot open", path);
    struct stat status {};
    const bool known = ::fstat(number, &status) == 0;
    file = std::make_unique<PosixSpoolFile>(number, path,
                                            known ? static_cast<std::uint64_t>(status.st_size) : 0);
    return {};
  }
};

}  // namespace

std::unique_ptr<SpoolFiles> posix_spool_files() { return std::make_unique<PosixSpoolFiles>(); }

}  // namespace lokitail::agent
