#include "agent/state/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "agent/state/path.h"

namespace lokitail::agent {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

void keep_mode_of(const std::string& path, int file) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) static_cast<void>(::fchmod(file, status.st_mode & 07777));
}

}  // namespace

std::string file_problem(const char* what, const std::string& path) {
  const int code = errno;
  return std::string(what) + " " + path + ": " + std::strerror(code);
}

std::string write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::strerror(errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string read_whole_file(const std::string& path, std::string& content, bool& missing) {
  content.clear();
  missing = false;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    missing = errno == ENOENT;
    return missing ? std::string() : file_problem("cannot open", path);
  }
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_problem("cannot read", path);
    if (n == 0) return {};
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

std::string replace_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  const auto fail = [&temporary](std::string message) {
    ::unlink(temporary.c_str());
    return message;
  };
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.open()) return file_problem("cannot create", temporary);
    keep_mode_of(path, file.get());
    if (const std::string why = write_all(file.get(), content); !why.empty()) {
      return fail("cannot write " + temporary + ": " + why);
    }
    if (::fsync(file.get()) != 0) return fail(file_problem("cannot sync", temporary));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return fail(file_problem("cannot replace", path));
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some filesystems refuse to sync a folder; then there is nothing more to be done.
  if (folder.open() && ::fsync(folder.get()) != 0 && errno != EINVAL) {
    return file_problem("cannot sync the folder of", path);
  }
  return {};
}

}  // namespace lokitail::agent
