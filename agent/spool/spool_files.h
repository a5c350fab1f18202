// The few things that the spool asks of a filesystem, so that tests can put one in its place that
// crashes, tears writes, and fills up.
//
// Threads: one at a time. Errors: a message for people; empty where all went well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

class SpoolFile {
 public:
  virtual ~SpoolFile() = default;

  virtual std::uint64_t size() const = 0;
  // All of it, at the end. After an error any part of it may be there.
  [[nodiscard]] virtual std::string append(std::string_view bytes) = 0;
  // Up to `size` bytes from there; `bytes` is shorter at the end of the file.
  [[nodiscard]] virtual std::string read(std::uint64_t offset, std::size_t size,
                                         std::string& bytes) const = 0;
  [[nodiscard]] virtual std::string truncate(std::uint64_t size) = 0;
  // Everything that was appended survives a power cut.
  [[nodiscard]] virtual std::string sync() = 0;
};

class SpoolFiles {
 public:
  virtual ~SpoolFiles() = default;

  // The names of the files in a folder, which is made where there is none.
  [[nodiscard]] virtual std::string list(const std::string& folder, std::vector<std::string>& names) = 0;
  // An error where it exists.
  [[nodiscard]] virtual std::string create(const std::string& path, std::unique_ptr<SpoolFile>& file) = 0;
  [[nodiscard]] virtual std::string open(const std::string& path, std::unique_ptr<SpoolFile>& file) = 0;
  [[nodiscard]] virtual std::string rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual std::string remove(const std::string& path) = 0;
  // What was created, renamed and removed in a folder survives a power cut.
  [[nodiscard]] virtual std::string sync_folder(const std::string& folder) = 0;
};

// The real one.
std::unique_ptr<SpoolFiles> posix_spool_files();

}  // namespace lokitail::agent
