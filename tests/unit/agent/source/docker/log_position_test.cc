#include "agent/source/docker/log_position.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;

TEST_CASE("a position as text", "[docker]") {
  LogPosition position;
  position.passed(LogStream::kStdout, {1'700'000'000, 5});
  position.passed(LogStream::kStdout, {1'700'000'000, 5});
  position.passed(LogStream::kStderr, {1'700'000'001, 999'999'999});
  CHECK(position.to_text() == "1700000000.000000005/2 1700000001.999999999/1");
  CHECK(LogPosition::parse(position.to_text()) == position);
  CHECK(position.newest() == Timestamp{1'700'000'001, 999'999'999});
  for (const char* text : {"", "1", "1.2/3", "1.2/3 4.5", "1.2/3 4.5/6 ", "1.2/3 4.5/x", "1.-2/3 4.5/6",
                           "1.1000000000/3 4.5/6"}) {
    INFO(text);
    CHECK_FALSE(LogPosition::parse(text));
  }
}

TEST_CASE("what was read is passed over exactly, stream by stream", "[docker]") {
  LogPosition position;
  position.passed(LogStream::kStdout, {100, 5});
  position.passed(LogStream::kStdout, {100, 5});
  ReadBefore read(position);
  CHECK(read.covers(LogStream::kStdout, {99, 0}));
  CHECK(read.covers(LogStream::kStdout, {100, 5}));
  CHECK_FALSE(read.covers(LogStream::kStderr, {99, 0}));  // nothing was read of that
  CHECK(read.covers(LogStream::kStdout, {100, 5}));
  CHECK_FALSE(read.covers(LogStream::kStdout, {100, 5}));  // a third one
  CHECK_FALSE(read.covers(LogStream::kStdout, {50, 0}));   // the clock was set back
}

TEST_CASE("Promtail's second is read again whole", "[docker]") {
  ReadBefore read(LogPosition::at_second(100));
  CHECK(read.covers(LogStream::kStdout, {99, 999'999'999}));
  CHECK_FALSE(read.covers(LogStream::kStdout, {100, 0}));
}

}  // namespace
}  // namespace lokitail::agent
