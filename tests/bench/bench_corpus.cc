// Writes the corpus of the benchmarks:
//   bench_corpus FOLDER [--lines N] [--containers N] [--seed N] [--format docker|nginx|java]
// docker: corpus.h. The others: FOLDER/app0.log and so on, a file for each "container", of the lines of log_lines.h.
// Prints its size as JSON; entries are lines, but for java's those that begin one.
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tests/bench/corpus.h"
#include "tests/bench/log_lines.h"

namespace {

using lokitail::bench::LogFormat;

struct PlainSize {
  std::uint64_t lines = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

PlainSize write_plain(const std::filesystem::path& folder, const lokitail::bench::CorpusOptions& options,
                      LogFormat format) {
  std::filesystem::create_directories(folder);
  PlainSize size;
  std::uint64_t seed = options.seed;
  for (unsigned i = 0; i < options.containers; ++i) {
    std::ofstream file(folder / fmt::format("app{}.log", i), std::ios::binary);
    const std::uint64_t last = options.lines * (i + 1) / options.containers;
    while (size.lines < last) {
      const lokitail::bench::LogLines lines = lokitail::bench::make_log_lines(format, seed++);
      for (const std::string_view line : lines.views()) {
        if (size.lines == last) break;
        // A stack trace belongs to the line before it, which begins with its time.
        const bool begins = format != LogFormat::kJava || (line.front() >= '0' && line.front() <= '9');
        if (!begins && file.tellp() == 0) continue;
        file << line << '\n';
        ++size.lines;
        size.entries += begins ? 1 : 0;
        size.bytes += line.size() + 1;
      }
    }
    if (!file.flush()) throw std::runtime_error("cannot write to " + folder.string());
  }
  return size;
}

template <typename Number>
bool take(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && last == end;
}

}  // namespace

int main(int count, char** arguments) {
  lokitail::bench::CorpusOptions options;
  std::string_view format = "docker";
  bool sound = count >= 2 && count % 2 == 0;
  for (int i = 2; sound && i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    sound = name == "--lines"        ? take(value, options.lines)
            : name == "--containers" ? take(value, options.containers) && options.containers > 0
            : name == "--seed"       ? take(value, options.seed)
            : name == "--format" ? (format = value, value == "docker" || value == "nginx" || value == "java")
                                 : false;
  }
  if (!sound) {
    fmt::print(stderr,
               "usage: bench_corpus FOLDER [--lines N] [--containers N] [--seed N] "
               "[--format docker|nginx|java]\n");
    return 2;
  }
  try {
    if (format != "docker") {
      const PlainSize size =
          write_plain(arguments[1], options, format == "java" ? LogFormat::kJava : LogFormat::kNginx);
      fmt::print("{{\"lines\": {}, \"entries\": {}, \"bytes\": {}}}\n", size.lines, size.entries, size.bytes);
      return 0;
    }
    const auto size = lokitail::bench::write_corpus(arguments[1], options);
    fmt::print("{{\"lines\": {}, \"bytes\": {}}}\n", size.lines, size.bytes);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_corpus: {}\n", error.what());
    return 1;
  }
  return 0;
}
