#include "tests/support/log_writer.h"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "tests/support/compress.h"
#include "tests/support/temp_dir.h"

namespace lokitail::test {
namespace {

// Docker trims the zeros at the end of the fraction.
std::string docker_time(std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::time_t seconds = nanoseconds / kSecond;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, nanoseconds % kSecond);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "Z";
}

}  // namespace

LogWriter::LogWriter(std::string name, std::filesystem::path path, Format format, std::size_t padding)
    : name_(std::move(name)), path_(std::move(path)), format_(format), padding_(padding) {
  open();
}

LogWriter::~LogWriter() { ::close(file_); }

void LogWriter::open() {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (file_ < 0) throw std::system_error(errno, std::generic_category(), path_.string());
  file_bytes_ = 0;
}

std::string LogWriter::line(std::uint64_t number) const {
  return format_ == Format::kDocker ? text(number) + "\n" : text(number);
}

std::string LogWriter::text(std::uint64_t number) const {
  // Deterministic, of varying length, and no two lines alike.
  const std::size_t length = padding_ == 0 ? 0 : (number * 7919) % (2 * padding_);
  return fmt::format("{} {} {}", name_, number, std::string(length, static_cast<char>('a' + number % 26)));
}

std::string LogWriter::record(std::uint64_t number) {
  if (format_ == Format::kPlain) return text(number) + "\n";
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  last_time_ = std::max(last_time_ + 1, now);
  return fmt::format("{{\"log\":\"{}\\n\",\"stream\":\"stdout\",\"time\":\"{}\"}}\n", text(number),
                     docker_time(last_time_));
}

void LogWriter::write(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += record(written_ + i);
  if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::system_error(errno, std::generic_category(), path_.string());
  }
  written_ += count;
  file_bytes_ += text.size();
}

std::filesystem::path LogWriter::generation(int number, const char* ending) const {
  return fmt::format("{}.{}{}", path_.string(), number, ending);
}

// For a new path.1.
void LogWriter::make_room(int max_file) {
  for (int number = max_file - 1; number > 1; --number) {
    for (const char* const ending : {"", ".gz"}) {
      const auto from = generation(number - 1, ending);
      if (std::filesystem::exists(from)) std::filesystem::rename(from, generation(number, ending));
    }
  }
}

void LogWriter::rotate(int max_file) {
  ::close(file_);
  make_room(max_file);
  std::filesystem::rename(path_, generation(1));
  open();
}

void LogWriter::compress(int number) {
  const std::filesystem::path plain = generation(number);
  if (!std::filesystem::exists(plain)) return;
  // Both are there for a moment, and the compressed one grows.
  write_file(generation(number, ".gz"), compressed(read_file(plain), agent::Compression::kGzip));
  std::filesystem::last_write_time(generation(number, ".gz"), std::filesystem::last_write_time(plain));
  std::filesystem::remove(plain);
}

void LogWriter::copy_and_truncate(int max_file) {
  make_room(max_file);
  std::filesystem::copy_file(path_, generation(1));
  truncate();
}

void LogWriter::truncate() {
  if (::ftruncate(file_, 0) != 0) {
    throw std::system_error(errno, std::generic_category(), path_.string());
  }
  file_bytes_ = 0;
}

}  // namespace lokitail::test
