#include "lokitail/telemetry/sink.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace lokitail::telemetry {
namespace {

using lokitail::test::read_file;
using lokitail::test::TempDir;

TEST_CASE("a file is appended to") {
  const TempDir folder;
  for (const char* line : {"one\n", "two\n"}) {
    DescriptorSink sink((folder / "log").string());
    sink.write(Level::kInfo, line);
    CHECK(sink.lost() == 0);
  }
  CHECK(read_file(folder / "log") == "one\ntwo\n");
  CHECK_THROWS_AS(DescriptorSink((folder / "no/log").string()), std::system_error);
}

TEST_CASE("lines of threads do not mix, in a pipe either") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::string read_text;
  std::thread reader([&] {
    char buffer[1000];
    for (ssize_t size; (size = read(ends[0], buffer, sizeof buffer)) > 0;) {
      read_text.append(buffer, static_cast<std::size_t>(size));
    }
  });
  {
    // Longer than PIPE_BUF, up to which the kernel does not mix them.
    DescriptorSink sink(ends[1]);
    std::vector<std::thread> threads;
    for (const char c : {'a', 'b', 'c'}) {
      threads.emplace_back([&sink, c] {
        for (int i = 0; i < 20; ++i) sink.write(Level::kInfo, std::string(10'000, c) + '\n');
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(sink.lost() == 0);
  }
  close(ends[1]);
  reader.join();
  close(ends[0]);
  REQUIRE(read_text.size() == 60 * 10'001);
  for (std::size_t at = 0; at < read_text.size(); at += 10'001) {
    const std::string line = read_text.substr(at, 10'001);
    if (line != std::string(10'000, line[0]) + '\n') FAIL("lines are mixed");
  }
}

TEST_CASE("what cannot be written is counted") {
  const int null = open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(null >= 0);
  DescriptorSink sink(null);
  sink.write(Level::kInfo, "one\ntwo\n");
  CHECK(sink.lost() == 2);
  close(null);
}

}  // namespace
}  // namespace lokitail::telemetry
