// Writes the corpus of the benchmarks: bench_corpus FOLDER [--lines N] [--containers N] [--seed N]
// Prints its size as JSON.
#include <charconv>
#include <exception>
#include <string_view>

#include <fmt/format.h>

#include "tests/bench/corpus.h"

namespace {

template <typename Number>
bool take(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && last == end;
}

}  // namespace

int main(int count, char** arguments) {
  lokitail::bench::CorpusOptions options;
  bool sound = count >= 2 && count % 2 == 0;
  for (int i = 2; sound && i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    sound = name == "--lines"        ? take(value, options.lines)
            : name == "--containers" ? take(value, options.containers) && options.containers > 0
            : name == "--seed"       ? take(value, options.seed)
                                     : false;
  }
  if (!sound) {
    fmt::print(stderr, "usage: bench_corpus FOLDER [--lines N] [--containers N] [--seed N]\n");
    return 2;
  }
  try {
    const auto size = lokitail::bench::write_corpus(arguments[1], options);
    fmt::print("{{\"lines\": {}, \"bytes\": {}}}\n", size.lines, size.bytes);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_corpus: {}\n", error.what());
    return 1;
  }
  return 0;
}
