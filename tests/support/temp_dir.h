// A folder of a test's own, and the file operations that tests need, without error codes to check:
// whatever fails throws std::system_error and so fails the test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lokitail::test {

// Removed with everything in it at the end; kept where LOKITAIL_KEEP_TMP is set.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view content);
// One write(2) call, so that a reader sees all of it or nothing.
void append_file(const std::filesystem::path& path, std::string_view content);
// Empty where there is no such file.
std::string read_file(const std::filesystem::path& path);

}  // namespace lokitail::test
