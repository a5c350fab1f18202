#include "tests/support/temp_dir.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace lokitail::test {
namespace {

void write_with(const std::filesystem::path& path, std::string_view content, int flags) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path.string());
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0) {
      const int error = errno;
      ::close(file);
      throw std::system_error(error, std::generic_category(), path.string());
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(file);
}

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "lokitail-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  path_ = name;
}

TempDir::~TempDir() {
  if (std::getenv("LOKITAIL_KEEP_TMP") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  write_with(path, content, O_TRUNC);
}

void append_file(const std::filesystem::path& path, std::string_view content) {
  write_with(path, content, O_APPEND);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace lokitail::test
