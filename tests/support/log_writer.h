// An application that logs: numbered lines into a file, in the format of a plain file or of
// Docker's json-file driver, with rotation as Docker does it.
//
// A line is "<name> <number> <padding>", so that the verifier can tell where each line belongs.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace lokitail::test {

class LogWriter {
 public:
  enum class Format { kPlain, kDocker };

  // `padding`: bytes behind the number, on average; they vary from line to line.
  LogWriter(std::string name, std::filesystem::path path, Format format = Format::kPlain,
            std::size_t padding = 40);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Appends `count` lines with a single write.
  void write(std::size_t count = 1);
  // As Docker's max-file: path.1 becomes path.2 and so on, the oldest is removed, the present file
  // becomes path.1, and a new one is made.
  void rotate(int max_file = 3);
  // As logrotate's `compress`: the file that was rotated before becomes path.N.gz.
  void compress(int number = 1);
  // As logrotate's copytruncate: the copy becomes path.1.
  void copy_and_truncate(int max_file = 3);
  // The same without the copy.
  void truncate();

  const std::string& name() const { return name_; }
  const std::filesystem::path& path() const { return path_; }
  // Lines so far; the numbers begin with 0.
  std::uint64_t written() const { return written_; }
  // Bytes in the present file.
  std::size_t file_bytes() const { return file_bytes_; }

  // What of a line has to arrive. Docker's lines keep their newline, as they do with Promtail.
  std::string line(std::uint64_t number) const;

 private:
  void open();
  std::filesystem::path generation(int number, const char* ending = "") const;
  void make_room(int max_file);
  std::string text(std::uint64_t number) const;
  std::string record(std::uint64_t number);

  const std::string name_;
  const std::filesystem::path path_;
  const Format format_;
  const std::size_t padding_;
  int file_ = -1;
  std::uint64_t written_ = 0;
  std::size_t file_bytes_ = 0;
  std::int64_t last_time_ = 0;  // nanoseconds; Docker's timestamps never repeat here
};

}  // namespace lokitail::test
