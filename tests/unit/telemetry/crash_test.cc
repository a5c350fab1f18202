// Which lines are there when a process has ended in a bad way. The process is
// support/crashing_logger.
#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace lokitail::telemetry {
namespace {

using lokitail::test::eventually;
using lokitail::test::Process;
using lokitail::test::read_file;
using lokitail::test::TempDir;

constexpr int kLines = 2000;

// What is in the log: "line 0" to "line N-1" in order, and then perhaps other lines. The N.
int lines_in_order(const std::string& log) {
  int count = 0;
  std::size_t begin = 0;
  for (std::size_t end; (end = log.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string wanted = "\"message\":\"line\",\"i\":" + std::to_string(count) + "}";
    if (log.substr(begin, end - begin).find(wanted) == std::string::npos) break;
    ++count;
  }
  return count;
}

struct Ended {
  int code;
  std::string log;
};

Ended run_to_end(const std::string& end) {
  const TempDir folder;
  Process child(
      {.arguments = {LOKITAIL_CRASHING_LOGGER, (folder / "log").string(), end, std::to_string(kLines)}});
  const auto code = child.wait();
  REQUIRE(code);
  return {*code, read_file(folder / "log")};
}

TEST_CASE("a process that aborts, terminates or faults has its lines in the log") {
  for (const std::string end : {"abort", "terminate", "fault"}) {
    INFO(end);
    const Ended ended = run_to_end(end);
    CHECK(ended.code != 0);
    CHECK(lines_in_order(ended.log) == kLines);
  }
}

TEST_CASE("the handler that was there before gets the signal") {
  const Ended ended = run_to_end("abort-with-handler");
  CHECK(ended.code == 42);
  CHECK(lines_in_order(ended.log) == kLines);
}

TEST_CASE("several threads that crash at once still have their lines in the log") {
  const Ended ended = run_to_end("abort-in-threads");
  CHECK(ended.code != 0);
  CHECK(lines_in_order(ended.log) == kLines);
}

TEST_CASE("SIGKILL leaves what was flushed or written through") {
  for (const std::string end : {"kill-after-flush", "kill-after-error"}) {
    INFO(end);
    const Ended ended = run_to_end(end);
    CHECK(ended.code == 128 + SIGKILL);
    CHECK(lines_in_order(ended.log) == kLines);
  }
}

TEST_CASE("a line without a thread is there when the call has returned") {
  const Ended ended = run_to_end("kill-without-thread");
  CHECK(ended.code == 128 + SIGKILL);
  CHECK(lines_in_order(ended.log) == kLines);
}

TEST_CASE("a process that exits has its lines in the log") {
  const Ended ended = run_to_end("exit");
  CHECK(ended.code == 0);
  CHECK(lines_in_order(ended.log) == kLines);
}

}  // namespace
}  // namespace lokitail::telemetry
